//! Who may call an earlier system's interface.
//!
//! Those systems knew no keys. Without one, a caller has to be a program on this machine: the listener is a loopback
//! address (`exposure.rs` sees to it at the start), no proxy passes on what others ask, the `Host` is this machine's
//! name, so that no foreign name can be made to point here, and no web page of another origin asks.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};

use actix_web::HttpRequest;
use actix_web::http::Uri;
use actix_web::http::header::{FORWARDED, HOST, HeaderMap, HeaderName, ORIGIN, REFERER, VIA};
use idv_common::Context;
use idv_common::context::tenant_named;
use idv_common::db;
use idv_common::domain::{Facade, TenantId};

use crate::auth::{self, Caller};
use crate::problem::{Code, Problem};
use crate::request::RequestId;
use crate::state::State;

/// How a browser says whose page asks.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What proxies add to what they pass on.
const PROXIED: [HeaderName; 6] = [
    FORWARDED,
    VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// The systems' tenants, once they were needed.
#[derive(Default)]
pub(crate) struct Tenants(RwLock<HashMap<Facade, TenantId>>);

impl Tenants {
    /// A system's tenant, made if it is not there.
    async fn of(&self, ctx: &Context, facade: Facade) -> Result<TenantId, Problem> {
        if let Some(tenant) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&facade) {
            return Ok(tenant.clone());
        }
        let (keyring, name) = (ctx.keyring.clone(), ctx.config.compat.tenant(facade).to_owned());
        let find = move |conn: &mut db::Conn| {
            let now = db::now(conn)?;
            tenant_named(conn, &keyring, &name, now)
        };
        let tenant = match ctx.db.transaction(find.clone()).await {
            // Another process has made it meanwhile.
            Err(db::Error::Statement(_)) => ctx.db.transaction(find).await?,
            found => found?,
        };
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(facade, tenant.clone());
        Ok(tenant)
    }
}

/// The caller of a system's interface: it sees what belongs to that system's tenant.
pub(super) async fn caller(state: &State, req: &HttpRequest, facade: Facade) -> Result<Caller, Problem> {
    let tenant = state.tenants.of(&state.ctx, facade).await?;
    if auth::has_bearer(req) {
        let caller = auth::with_api_key(state, req).await?;
        if caller.tenant != tenant {
            let detail = format!("the API key belongs to another tenant than `{facade}`");
            return Err(Problem::new(Code::Forbidden, detail));
        }
        return Ok(caller);
    }
    if state.ctx.config.compat.require_key {
        return Err(auth::unauthorized());
    }
    refuse_strangers(req, &state.base_url, state.ctx.config.compat_allow_unauthenticated)?;
    state.rate_limits.admit(facade.as_str(), req)?;
    tracing::Span::current().record("tenant", tenant.as_str());
    Ok(Caller { tenant, actor: facade.as_str().to_owned(), request_id: RequestId::of(req) })
}

/// Refuses a web page of another origin and a `Host` that is a foreign name, and unless everybody may ask, what a proxy
/// passes on for others.
fn refuse_strangers(req: &HttpRequest, base_url: &str, is_open: bool) -> Result<(), Problem> {
    let headers = req.headers();
    let forbidden = |detail| Err(Problem::new(Code::Forbidden, detail));
    if !is_open && PROXIED.iter().any(|name| headers.contains_key(name)) {
        return forbidden("what a proxy passes on is not answered without an API key");
    }
    let host = text(headers, &HOST).unwrap_or_default();
    let is_known = match req.app_config().local_addr().ip().is_loopback() {
        true => is_this_machine(host),
        // A name that was made to point here is a web page's way in.
        false => is_address(host) || is_this_machine(host) || authority(base_url) == Some(host),
    };
    if !is_known {
        return forbidden(
            "without an API key only `localhost`, an address of this machine or the host of `server.public_url` is \
             answered as `Host`",
        );
    }
    let same_origin = [ORIGIN, REFERER].iter().all(|name| match headers.contains_key(name) {
        true => text(headers, name).and_then(authority).is_some_and(|origin| origin == host),
        false => true,
    });
    let same_site = match headers.contains_key(SEC_FETCH_SITE) {
        true => matches!(text(headers, &SEC_FETCH_SITE), Some("none" | "same-origin")),
        false => true,
    };
    match same_origin && same_site {
        true => Ok(()),
        false => forbidden("without an API key no page of another origin is answered"),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Host and port of a URL or an origin.
fn authority(url: &str) -> Option<&str> {
    url.split_once("://").and_then(|(_, rest)| rest.split('/').next())
}

/// The name in a `Host`, without its port.
fn name_of(host: &str) -> Option<String> {
    let uri: Uri = host.parse().ok()?;
    Some(uri.host()?.trim_matches(['[', ']']).to_ascii_lowercase())
}

fn is_address(host: &str) -> bool {
    name_of(host).is_some_and(|name| name.parse::<IpAddr>().is_ok())
}

fn is_this_machine(host: &str) -> bool {
    name_of(host).is_some_and(|name| {
        name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn refused(headers: &[(&'static str, &'static str)]) -> bool {
        let mut req = TestRequest::get().uri("/compare");
        for header in headers {
            req = req.insert_header(*header);
        }
        refuse_strangers(&req.to_http_request(), "http://idv.example", false).is_err()
    }

    #[test]
    fn programs_on_this_machine_are_answered() {
        for host in ["localhost:5000", "127.0.0.1:5000", "LOCALHOST", "[::1]:8000", "127.1.2.3"] {
            assert!(!refused(&[("host", host)]), "{host}");
        }
    }

    #[test]
    fn a_name_that_was_made_to_point_here_is_refused() {
        for host in ["evil.example", "localhost.evil.example:5000", "127.0.0.1.nip.io", "", "10.0.0.1"] {
            assert!(refused(&[("host", host)]), "{host}");
        }
        assert!(refused(&[]));
    }

    #[test]
    fn what_a_proxy_passes_on_is_refused() {
        for name in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
            assert!(refused(&[("host", "127.0.0.1:8080"), (name, "203.0.113.9")]), "{name}");
        }
    }

    #[test]
    fn only_pages_from_here_may_ask() {
        let host = ("host", "localhost:5000");
        assert!(!refused(&[host, ("origin", "http://localhost:5000"), ("sec-fetch-site", "same-origin")]));
        assert!(!refused(&[host, ("sec-fetch-site", "none")]));
        for origin in ["http://localhost:3000", "https://evil.example", "null"] {
            assert!(refused(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(!refused(&[host, ("referer", "http://localhost:5000/test_page")]));
        assert!(refused(&[host, ("referer", "http://evil.example/")]));
        for site in ["cross-site", "same-site", "whatever"] {
            assert!(refused(&[host, ("sec-fetch-site", site)]), "{site}");
        }
    }
}

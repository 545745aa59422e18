//! Who may call an earlier system's interface.
//!
//! Those systems knew no keys. Without one, a caller has to be a program on this machine: the listener is a loopback
//! address (`exposure.rs` sees to it at the start), the `Host` is this machine's name, so that no foreign name can
//! be made to point here, and no web page of another origin asks.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use actix_web::HttpRequest;
use actix_web::http::Uri;
use actix_web::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
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
    refuse_strangers(req)?;
    state.rate_limits.admit(facade.as_str(), req)?;
    tracing::Span::current().record("tenant", tenant.as_str());
    Ok(Caller { tenant, actor: facade.as_str().to_owned(), request_id: RequestId::of(req) })
}

/// Refuses a web page of another origin, and on a loopback listener a name that is not this machine's.
fn refuse_strangers(req: &HttpRequest) -> Result<(), Problem> {
    let headers = req.headers();
    let host = text(headers, &HOST).unwrap_or_default();
    if req.app_config().local_addr().ip().is_loopback() && !is_this_machine(host) {
        let detail = "without an API key only `localhost`, 127.0.0.1 and [::1] are answered as `Host`";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let same_origin = match headers.contains_key(ORIGIN) {
        true => text(headers, &ORIGIN).and_then(authority).is_some_and(|origin| origin == host),
        false => true,
    };
    let same_site = match headers.contains_key(SEC_FETCH_SITE) {
        true => matches!(text(headers, &SEC_FETCH_SITE), Some("none" | "same-origin")),
        false => true,
    };
    if same_origin && same_site {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, "without an API key no page of another origin is answered"))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Host and port of an origin.
fn authority(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, authority)| authority)
}

fn is_this_machine(host: &str) -> bool {
    let Ok(uri) = host.parse::<Uri>() else { return false };
    let name = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
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
        refuse_strangers(&req.to_http_request()).is_err()
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
    fn only_pages_from_here_may_ask() {
        let host = ("host", "localhost:5000");
        assert!(!refused(&[host, ("origin", "http://localhost:5000"), ("sec-fetch-site", "same-origin")]));
        assert!(!refused(&[host, ("sec-fetch-site", "none")]));
        for origin in ["http://localhost:3000", "https://evil.example", "null"] {
            assert!(refused(&[host, ("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site", "whatever"] {
            assert!(refused(&[host, ("sec-fetch-site", site)]), "{site}");
        }
    }
}

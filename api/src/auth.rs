//! Who asks: an API key, or the capture token of one verification.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use idv_common::auth;
use idv_common::db::verifications::Verification;
use idv_common::db::{self, Conn, access_log, api_keys, verifications};
use idv_common::domain::{KeyId, TenantId, Timestamp, VerificationId};

use crate::problem::{Code, Problem};
use crate::request::RequestId;
use crate::state::State;

/// What a capture token begins with.
const TOKEN_PREFIX: &str = "ct_";

/// A caller: sees what is one tenant's and nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The tenant.
    pub tenant: TenantId,
    /// Who it is in the access log.
    pub actor: String,
    /// The request's id.
    pub request_id: String,
}

impl Caller {
    /// Notes an access, in the transaction of what was done.
    pub(crate) fn log(
        &self,
        conn: &mut Conn,
        action: &str,
        resource: &str,
        now: Timestamp,
    ) -> Result<(), Problem> {
        Ok(self.note(conn, action, resource, now)?)
    }

    /// The same for whoever tells a failure of the database from others.
    pub(crate) fn note(
        &self,
        conn: &mut Conn,
        action: &str,
        resource: &str,
        now: Timestamp,
    ) -> Result<(), db::Error> {
        let access = access_log::Access {
            tenant: &self.tenant,
            actor: &self.actor,
            action,
            resource,
            request_id: Some(&self.request_id),
        };
        access_log::append(conn, &access, now)
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let state = state_of(&req)?;
            match bearer(&req) {
                Some(token) if token.starts_with(TOKEN_PREFIX) => Err(token_is_too_little()),
                Some(key) => with_key(&state, &req, key).await,
                None => Err(unauthorized()),
            }
        })
    }
}

/// Whether a request brings a credential.
pub(crate) fn has_bearer(req: &HttpRequest) -> bool {
    bearer(req).is_some()
}

/// The caller whose API key a request brings.
pub(crate) async fn with_api_key(state: &State, req: &HttpRequest) -> Result<Caller, Problem> {
    with_key(state, req, bearer(req).unwrap_or_default()).await
}

/// Finds out who wants to add captures to a verification: a caller with an API key, whose the verification may
/// yet turn out not to be, or somebody with its capture token.
pub(crate) async fn capturer(req: &HttpRequest, id: &VerificationId) -> Result<Caller, Problem> {
    let state = state_of(req)?;
    match bearer(req) {
        Some(token) if token.starts_with(TOKEN_PREFIX) => with_token(&state, req, id, token).await,
        Some(key) => with_key(&state, req, key).await,
        None => Err(unauthorized()),
    }
}

/// A capture token as it is shown.
pub(crate) fn capture_token(secret: &auth::Secret) -> String {
    format!("{TOKEN_PREFIX}{}", secret.expose())
}

fn state_of(req: &HttpRequest) -> Result<web::Data<State>, Problem> {
    req.app_data::<web::Data<State>>().cloned().ok_or_else(Problem::bland)
}

fn bearer(req: &HttpRequest) -> Option<&str> {
    let (scheme, credential) = req.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
}

async fn with_key(state: &State, req: &HttpRequest, text: &str) -> Result<Caller, Problem> {
    let (id, secret) = auth::parse_api_key(text).ok_or_else(unauthorized)?;
    let key = find_key(state, id).await?;
    // An unknown id is compared as well, so that it takes as long as a wrong secret.
    let kept = key.as_ref().map_or([0; 32].as_slice(), |key| &key.secret_sha256);
    let right = auth::matches(secret, kept);
    let key = key.filter(|key| right && key.revoked_at.is_none()).ok_or_else(unauthorized)?;
    tracing::Span::current().record("tenant", key.tenant_id.as_str());
    state.rate_limits.admit(key.id.as_str(), req)?;
    Ok(Caller { tenant: key.tenant_id, actor: key.id.into(), request_id: RequestId::of(req) })
}

async fn find_key(state: &State, id: KeyId) -> Result<Option<api_keys::ApiKey>, Problem> {
    Ok(state.ctx.db.read(move |conn| api_keys::get(conn, &id)).await?)
}

async fn with_token(
    state: &State,
    req: &HttpRequest,
    id: &VerificationId,
    token: &str,
) -> Result<Caller, Problem> {
    let wanted = id.clone();
    let row: Option<Verification> =
        state.ctx.db.read(move |conn| verifications::get_unscoped(conn, &wanted)).await?;
    let secret = token.strip_prefix(TOKEN_PREFIX).unwrap_or_default();
    let kept = row.as_ref().map_or([0; 32].as_slice(), |row| &row.capture_token_sha256);
    let right = auth::matches(secret, kept);
    let row = row.filter(|_| right).ok_or_else(unauthorized)?;
    tracing::Span::current().record("tenant", row.tenant_id.as_str());
    state.rate_limits.admit(id.as_str(), req)?;
    let actor = "capture_token".to_owned();
    Ok(Caller { tenant: row.tenant_id, actor, request_id: RequestId::of(req) })
}

/// The problem of a request without a working key.
pub(crate) fn unauthorized() -> Problem {
    Problem::new(Code::Unauthorized, "send `Authorization: Bearer` with a working API key")
}

fn token_is_too_little() -> Problem {
    Problem::new(Code::Forbidden, "a capture token opens one verification's captures and nothing else")
}

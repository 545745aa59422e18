//! `Idempotency-Key`: a repeated request has the effect of one.
//!
//! A reservation commits first, so that a second request under way meets 409. The effect's own transaction
//! completes it with a status and a resource's id, so that there is no moment at which the one is done
//! without the other; a replay shows the resource as it is then.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use idv_common::db::idempotency::{self, Reservation, Scope};
use idv_common::db::{self, Conn};

use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::state::State;

/// The header that names a request.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key that is taken.
const KEY_LEN: usize = 255;
/// Seconds after which a request that met another under way may try again.
const IN_FLIGHT_RETRY_S: u64 = 1;

/// A request that is made at most once, if it carries a key.
pub(crate) struct Once {
    scope: Option<Scope>,
    before: Option<Before>,
}

/// What an earlier request with the same key came to.
#[derive(Debug, Clone)]
struct Before {
    fingerprint: String,
    resource_id: String,
}

/// What the effect's transaction completes.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    scope: Option<Scope>,
    fingerprint: String,
}

impl Once {
    /// Reserves the request's key, if it has one. Refused if another request with it is under way.
    pub(crate) async fn begin(state: &State, caller: &Caller, req: &HttpRequest) -> Result<Self, Problem> {
        let Some(scope) = scope_of(caller, req)? else {
            return Ok(Self { scope: None, before: None });
        };
        let wanted = scope.clone();
        let reserve = move |conn: &mut Conn| {
            let now = db::now(conn)?;
            idempotency::reserve(conn, &wanted, now)
        };
        let before = match state.ctx.db.transaction(reserve).await? {
            Reservation::Granted => None,
            Reservation::Done { fingerprint, resource_id, .. } => Some(Before { fingerprint, resource_id }),
            Reservation::InFlight => {
                let detail = "the first request with this key has not ended yet";
                return Err(Problem::new(Code::RequestInFlight, detail).retry_after(IN_FLIGHT_RETRY_S));
            }
        };
        Ok(Self { scope: Some(scope), before })
    }

    /// Whether the key was used before, so that the request will have no effect.
    pub(crate) fn was_used(&self) -> bool {
        self.before.is_some()
    }

    /// The resource of the same request made before; `None` if this is the first. Refused if the key was used
    /// for another request.
    pub(crate) fn replay(&self, fingerprint: &str) -> Result<Option<&str>, Problem> {
        match &self.before {
            None => Ok(None),
            Some(before) if before.fingerprint == fingerprint => Ok(Some(&before.resource_id)),
            Some(_) => {
                let detail = "the key belongs to a request with another content";
                Err(Problem::new(Code::IdempotencyKeyReused, detail))
            }
        }
    }

    /// What the effect's transaction completes.
    pub(crate) fn ticket(&self, fingerprint: String) -> Ticket {
        Ticket { scope: self.scope.clone(), fingerprint }
    }

    /// Gives the key back if the request was refused, so that a corrected one may use it.
    pub(crate) async fn settle<T>(self, state: &State, result: Result<T, Problem>) -> Result<T, Problem> {
        if let (Err(_), Some(scope), None) = (&result, self.scope, self.before) {
            let released = state.ctx.db.transaction(move |conn| idempotency::release(conn, &scope)).await;
            if let Err(error) = released {
                tracing::warn!(%error, "left an idempotency key reserved until its lease ends");
            }
        }
        result
    }
}

impl Ticket {
    /// Notes the outcome, in the transaction of the effect.
    pub(crate) fn complete(&self, conn: &mut Conn, status: u16, resource_id: &str) -> Result<(), Problem> {
        if let Some(scope) = &self.scope {
            idempotency::complete(conn, scope, &self.fingerprint, status, resource_id)?;
        }
        Ok(())
    }
}

fn scope_of(caller: &Caller, req: &HttpRequest) -> Result<Option<Scope>, Problem> {
    let Some(key) = req.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = key
        .to_str()
        .ok()
        .filter(|key| (1..=KEY_LEN).contains(&key.len()))
        .ok_or_else(|| {
            let detail = format!("the key must be 1 to {KEY_LEN} visible ASCII characters");
            Problem::new(Code::InvalidIdempotencyKey, detail)
        })?
        .to_owned();
    let pattern = req.match_pattern().unwrap_or_else(|| req.path().to_owned());
    Ok(Some(Scope { tenant: caller.tenant.clone(), route: format!("{} {pattern}", req.method()), key }))
}

//! `Idempotency-Key`: a repeated request has the effect of one.
//!
//! A reservation commits first, so that a second request under way meets 409. The effect's own transaction
//! completes it with a status and a resource's id, so that there is no moment at which the one is done
//! without the other; a replay shows the resource as it is then.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::web::Payload;
use idv_common::db::idempotency::{self, Lease, Reservation, Scope};
use idv_common::db::{self, Conn};
use idv_common::domain::Timestamp;
use serde::de::DeserializeOwned;

use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::problem::{Code, Problem};
use crate::state::State;

/// The header that names a request.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key that is taken.
const KEY_LEN: usize = 255;
/// Seconds after which a request that met another under way may try again.
const IN_FLIGHT_RETRY_S: u64 = 1;

/// A request that is made at most once, if it carries a key.
pub(crate) enum Once {
    /// It carries none.
    Keyless,
    /// It is the first with its key, which is reserved.
    First(Scope, Lease),
    /// The key was used before.
    Again(Before),
}

/// What an earlier request with the same key came to.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    fingerprint: String,
    resource_id: String,
}

/// What the effect's transaction completes.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    reserved: Option<(Scope, Lease)>,
    fingerprint: String,
}

impl Once {
    /// Reserves the request's key, if it has one. Refused if another request with it is under way.
    pub(crate) async fn begin(state: &State, caller: &Caller, req: &HttpRequest) -> Result<Self, Problem> {
        let Some(scope) = scope_of(caller, req)? else { return Ok(Self::Keyless) };
        let wanted = scope.clone();
        let reserve = move |conn: &mut Conn| {
            let now = db::now(conn)?;
            idempotency::reserve(conn, &wanted, now)
        };
        match state.ctx.db.transaction(reserve).await? {
            Reservation::Granted(lease) => Ok(Self::First(scope, lease)),
            Reservation::Done { fingerprint, resource_id, .. } => {
                Ok(Self::Again(Before { fingerprint, resource_id }))
            }
            Reservation::InFlight => Err(in_flight()),
        }
    }

    /// Whether the key was used before, so that the request will have no effect.
    pub(crate) fn was_used(&self) -> bool {
        matches!(self, Self::Again(_))
    }

    /// The resource of the same request made before; `None` if this is the first. Refused if the key was used
    /// for another request.
    pub(crate) fn replay(&self, fingerprint: &str) -> Result<Option<&str>, Problem> {
        match self {
            Self::Keyless | Self::First(..) => Ok(None),
            Self::Again(before) if before.fingerprint == fingerprint => Ok(Some(&before.resource_id)),
            Self::Again(_) => {
                let detail = "the key belongs to a request with another content";
                Err(Problem::new(Code::IdempotencyKeyReused, detail))
            }
        }
    }

    /// What the effect's transaction completes.
    pub(crate) fn ticket(&self, fingerprint: String) -> Ticket {
        let reserved = match self {
            Self::First(scope, lease) => Some((scope.clone(), *lease)),
            Self::Keyless | Self::Again(_) => None,
        };
        Ticket { reserved, fingerprint }
    }

    /// Gives the key back if the request was refused, so that a corrected one may use it.
    pub(crate) async fn settle<T>(self, state: &State, result: Result<T, Problem>) -> Result<T, Problem> {
        if let (Err(_), Self::First(scope, lease)) = (&result, self) {
            let release = move |conn: &mut Conn| idempotency::release(conn, &scope, lease);
            if let Err(error) = state.ctx.db.transaction(release).await {
                tracing::warn!(%error, "left an idempotency key reserved until its lease ends");
            }
        }
        result
    }
}

impl Ticket {
    /// The ticket of a request that carries no key.
    pub(crate) fn none() -> Self {
        Self { reserved: None, fingerprint: String::new() }
    }

    /// Notes the outcome, in the transaction of the effect. Refused if the request took so long that another
    /// has taken its place.
    pub(crate) fn complete(&self, conn: &mut Conn, status: u16, resource_id: &str) -> Result<(), Problem> {
        let Some((scope, lease)) = &self.reserved else { return Ok(()) };
        match idempotency::complete(conn, scope, *lease, &self.fingerprint, status, resource_id) {
            Err(db::Error::Fenced) => Err(in_flight()),
            result => Ok(result?),
        }
    }
}

/// Does once, in one transaction, what a JSON body asks for. Returns the id of the resource that it was done to, or that
/// the same request was done to before.
pub(crate) async fn once<T: DeserializeOwned + Send + 'static>(
    state: &State,
    caller: &Caller,
    req: &HttpRequest,
    payload: Payload,
    status: StatusCode,
    effect: impl FnOnce(&mut Conn, &T, Timestamp) -> Result<String, Problem> + Send + 'static,
) -> Result<String, Problem> {
    let limit = state.ctx.config.limits.json_bytes;
    let (asked, body) = json::read::<T>(req, payload, limit, state.upload_time()).await?;
    let fingerprint = Fingerprint::of(req).json(&body).finish();
    let once = Once::begin(state, caller, req).await?;
    if let Some(id) = once.replay(&fingerprint)? {
        return Ok(id.to_owned());
    }
    let ticket = once.ticket(fingerprint);
    let commit = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let id = effect(conn, &asked, now)?;
        ticket.complete(conn, status.as_u16(), &id)?;
        Ok(id)
    };
    let done = state.ctx.db.transaction(commit).await;
    once.settle(state, done).await
}

fn in_flight() -> Problem {
    let detail = "another request with this key has not ended yet";
    Problem::new(Code::RequestInFlight, detail).retry_after(IN_FLIGHT_RETRY_S)
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

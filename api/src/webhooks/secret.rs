//! `/v1/webhook-secret`: what deliveries to the `webhook_url` of verifications are signed with.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use idv_common::db::webhooks::secrets::{self, Owner};
use idv_common::db::{self, Conn};
use idv_common::domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::once;
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::problem::Problem;
use crate::state::State;

/// The tenant's default secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
pub(crate) struct SecretView {
    /// `webhook_secret`.
    object: &'static str,
    /// What deliveries to the `webhook_url` of verifications are signed with: `whsec_…`.
    secret: String,
    /// Whether they are signed with the one before, too.
    rotating: bool,
}

/// For how long an old secret signs along.
pub(super) fn overlap(state: &State) -> Duration {
    Duration::from_secs(state.ctx.config.webhooks.rotation_h.saturating_mul(3600))
}

/// Show the default webhook secret
///
/// It signs what is sent to the `webhook_url` of verifications, and is made when it is first needed. Endpoints have
/// secrets of their own.
#[utoipa::path(
    tag = "webhooks",
    responses((status = 200, description = "the secret", body = SecretView)),
)]
#[get("/v1/webhook-secret")]
pub(crate) async fn show(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let ctx = state.ctx.clone();
    let read = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        caller.log(conn, "webhook_secret.read", "webhook_secret", now)?;
        let key = ctx.keyring.tenant(conn, &caller.tenant)?;
        view(secrets::in_force(conn, &key, default_of(&caller), now)?)
    };
    Ok(HttpResponse::Ok().json(state.ctx.db.transaction(read).await?))
}

/// Rotate the default webhook secret
///
/// For some time, a day unless the operator says otherwise, deliveries carry two signatures. A replay by
/// `Idempotency-Key` shows the secret as it is by then.
#[utoipa::path(
    tag = "webhooks",
    responses((status = 200, description = "the new secret", body = SecretView)),
)]
#[post("/v1/webhook-secret/rotate")]
pub(crate) async fn rotate(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (ctx, owner, keep_old) = (state.ctx.clone(), caller.clone(), overlap(&state));
    let rotate = move |conn: &mut Conn, now: Timestamp| {
        let key = ctx.keyring.tenant(conn, &owner.tenant)?;
        secrets::rotate(conn, &key, default_of(&owner), keep_old, now)?;
        owner.log(conn, "webhook_secret.rotate", "webhook_secret", now)?;
        Ok(((), "webhook_secret".to_owned()))
    };
    once(&state, &caller, &req, Fingerprint::of(&req).finish(), StatusCode::OK, rotate).await?;
    let ctx = state.ctx.clone();
    let read = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let key = ctx.keyring.tenant(conn, &caller.tenant)?;
        view(secrets::in_force(conn, &key, default_of(&caller), now)?)
    };
    Ok(HttpResponse::Ok().json(state.ctx.db.transaction(read).await?))
}

/// The tenant's own secrets, which belong to no endpoint.
fn default_of(caller: &Caller) -> Owner<'_> {
    Owner { tenant: &caller.tenant, endpoint: None }
}

/// The view of the secrets in force, newest first.
fn view(secrets: Vec<secrets::SigningSecret>) -> Result<SecretView, Problem> {
    let newest = secrets.first().ok_or_else(Problem::bland)?;
    Ok(SecretView { object: "webhook_secret", secret: newest.to_text(), rotating: secrets.len() > 1 })
}

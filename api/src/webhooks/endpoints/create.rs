//! `POST /v1/webhook-endpoints`: a new receiver of events.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::Conn;
use idv_common::db::webhooks::endpoints::{self, NewEndpoint};
use idv_common::db::webhooks::secrets::{self, Owner};
use idv_common::domain::{EndpointId, EventType, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use super::load;
use super::view::EndpointView;
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::json;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::webhooks::{Done, admit, once, receiver};

/// How many endpoints a tenant may have.
const MOST: i64 = 50;
/// The longest description, in characters.
const DESCRIPTION_LEN: usize = 500;

/// A new receiver of events.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhookEndpoint)]
pub(crate) struct New {
    /// Where events are sent: https and a public address, unless the operator allows more.
    url: String,
    /// The caller's own words for it, at most 500 characters. It is not erased by redaction.
    description: Option<String>,
    /// The types of event that it is told of; all if left out or null.
    events: Option<Vec<EventType>>,
}

/// Create a webhook endpoint
///
/// It is told of every event from then on that its filter lets through. The answer holds the secret that deliveries are
/// signed with, this once: a replay by `Idempotency-Key` shows the endpoint without it. A tenant has at most 50.
#[utoipa::path(
    tag = "webhooks",
    request_body = New,
    responses((status = 201, description = "created", body = EndpointView)),
)]
#[post("/v1/webhook-endpoints")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let limit = state.ctx.config.limits.json_bytes;
    let (new, body) = json::read::<New>(&req, payload, limit, state.upload_time()).await?;
    check_description(new.description.as_deref())?;
    check_events(new.events.as_deref())?;
    let url = receiver("/url", &new.url)?;
    let (ctx, owner) = (state.ctx.clone(), caller.clone());
    let insert = move |conn: &mut Conn, now: Timestamp| {
        let (id, tenant) = (EndpointId::generate(), &owner.tenant);
        admit(conn, tenant, "/url", &url)?;
        let row = NewEndpoint {
            id: &id,
            tenant,
            url: url.as_str(),
            description: new.description.as_deref(),
            events: new.events.as_deref(),
        };
        if !endpoints::insert(conn, &row, MOST, now)? {
            return Err(Problem::new(
                Code::TooManyEndpoints,
                format!("a tenant has at most {MOST}: delete one"),
            ));
        }
        let key = ctx.keyring.tenant(conn, tenant)?;
        let secret = secrets::create(conn, &key, Owner { tenant, endpoint: Some(&id) }, now)?;
        owner.log(conn, "webhook_endpoint.create", id.as_str(), now)?;
        Ok(((id.clone(), secret), id.into()))
    };
    let fingerprint = Fingerprint::of(&req).json(&body).finish();
    let (id, secret) = match once(&state, &caller, &req, fingerprint, StatusCode::CREATED, insert).await? {
        Done::Now((id, secret)) => (id, Some(secret.to_text())),
        Done::Before(id) => (id.parse().map_err(Problem::internal)?, None),
    };
    let view = EndpointView { secret, ..load(&state, &caller, &id).await? };
    let location = format!("{}/v1/webhook-endpoints/{id}", state.base_url);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(view))
}

/// Refuses a description that is too long or not printable.
pub(super) fn check_description(text: Option<&str>) -> Result<(), Problem> {
    let is_wrong = |text: &str| text.chars().count() > DESCRIPTION_LEN || text.chars().any(char::is_control);
    if text.is_some_and(is_wrong) {
        let detail = format!("must be at most {DESCRIPTION_LEN} printable characters");
        return Err(Problem::field("/description", detail));
    }
    Ok(())
}

/// Refuses a filter that lets nothing through.
pub(super) fn check_events(events: Option<&[EventType]>) -> Result<(), Problem> {
    if events.is_some_and(<[_]>::is_empty) {
        return Err(Problem::field("/events", "name at least one type, or leave it out to be told of all"));
    }
    Ok(())
}

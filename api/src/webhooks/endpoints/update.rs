//! `PATCH /v1/webhook-endpoints/{id}`: another URL, description or filter.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, patch};
use idv_common::db::webhooks::endpoints::{self, Change};
use idv_common::db::{self, Conn};
use idv_common::domain::{EndpointId, EventType};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::create::{check_description, check_events};
use super::view::EndpointView;
use super::{listed, load};
use crate::answer::Id;
use crate::auth::Caller;
use crate::json;
use crate::problem::Problem;
use crate::state::State;
use crate::webhooks::{admit, receiver};

/// What changes of an endpoint; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookEndpointChange)]
pub(crate) struct Changed {
    /// Where events are sent; those that are on their way go there too.
    url: Option<String>,
    /// The caller's own words for it; null: none.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// The types of event that it is told of from then on; null: all.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<Vec<EventType>>)]
    events: Option<Option<Vec<EventType>>>,
}

/// A field that is there, be it null.
fn named<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// Change a webhook endpoint
///
/// Its secret stays. A new URL starts with a clean record.
#[utoipa::path(
    tag = "webhooks",
    params(("id" = String, Path, description = "the endpoint's id")),
    request_body = Changed,
    responses((status = 200, description = "changed", body = EndpointView)),
)]
#[patch("/v1/webhook-endpoints/{id}")]
pub(crate) async fn update(
    state: Data<State>,
    caller: Caller,
    id: Id<EndpointId>,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let limit = state.ctx.config.limits.json_bytes;
    let (changed, _) = json::read::<Changed>(&req, payload, limit, state.upload_time()).await?;
    check_description(changed.description.as_ref().and_then(Option::as_deref))?;
    check_events(changed.events.as_ref().and_then(Option::as_deref))?;
    let url = changed.url.as_deref().map(|url| receiver("/url", url)).transpose()?;
    let (owner, endpoint) = (caller.clone(), id.0.clone());
    let update = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        listed(conn, &owner, &endpoint)?;
        if let Some(url) = &url {
            admit(conn, &owner.tenant, "/url", url)?;
        }
        let url = url.map(|url| url.to_string());
        let change = Change { url, description: changed.description, events: changed.events };
        endpoints::update(conn, &endpoint, &change, now)?;
        owner.log(conn, "webhook_endpoint.update", endpoint.as_str(), now)
    };
    state.ctx.db.transaction(update).await?;
    Ok(HttpResponse::Ok().json(load(&state, &caller, &id.0).await?))
}

//! `GET /v1/events`: what happened, for a receiver that has missed something.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::events::{self, Event, Filter};
use idv_common::domain::{EventId, Timestamp, WebhookPayload};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::page::{self, Limit, Page};
use crate::problem::Problem;
use crate::state::State;

/// Which events to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many, 1 to 100; 20 if left out.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    starting_after: Option<String>,
    /// Only these types, separated by commas.
    r#type: Option<String>,
    /// Only those of the verification, comparison, batch or endpoint of this id.
    resource: Option<String>,
    /// Only those that happened at this time or later (RFC 3339).
    created_from: Option<Timestamp>,
    /// Only those that happened before this time (RFC 3339).
    created_before: Option<Timestamp>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    /// Its id, which is the `webhook-id` of its deliveries.
    id: EventId,
    /// `event`.
    object: &'static str,
    /// What endpoints are told of it.
    payload: WebhookPayload,
}

/// List events
///
/// Newest first: of one thing with `resource`, of a span of time with `created_from` and `created_before`. They are here
/// whether any endpoint was told of them or not.
#[utoipa::path(
    tag = "webhooks",
    params(Listing),
    responses((status = 200, description = "one page", body = Page<EventView>)),
)]
#[get("/v1/events")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let listing: Listing = page::query(&req)?;
    let limit = Limit::of(listing.limit)?;
    let filter = listing.filter()?;
    let tenant = caller.tenant;
    let read = move |conn: &mut _| events::of_tenant(conn, &tenant, &filter, limit.to_read());
    let rows = state.ctx.db.read(read).await?;
    Ok(HttpResponse::Ok().json(limit.page(rows, |row| row.id.clone(), EventView::try_from)?))
}

impl Listing {
    fn filter(self) -> Result<Filter, Problem> {
        let types = self.r#type.as_deref().unwrap_or_default().split(',').filter(|name| !name.is_empty());
        Ok(Filter {
            types: types.map(|name| page::parsed("type", name)).collect::<Result<_, _>>()?,
            resource: self.resource,
            created_from: self.created_from,
            created_before: self.created_before,
            starting_after: page::cursor(self.starting_after.as_deref())?,
        })
    }
}

impl TryFrom<Event> for EventView {
    type Error = Problem;

    fn try_from(row: Event) -> Result<Self, Problem> {
        Ok(Self { payload: row.payload()?, id: row.id, object: "event" })
    }
}

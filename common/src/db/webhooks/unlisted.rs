//! The endpoints behind the `webhook_url` of verifications, which nobody deletes by hand.

use std::time::Duration;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::dialect::load_skipping_locked;
use crate::db::schema::{verifications, webhook_deliveries, webhook_endpoints};
use crate::db::{Conn, Error};
use crate::domain::{EndpointId, Timestamp, VerificationStatus};

/// How long an endpoint stays after it was last named, so that it does not come and go with each verification.
const YOUNG: Duration = Duration::from_secs(86_400);

#[diesel::dsl::auto_type(no_type_alias)]
fn unused(named_before: i64, unfinished: Vec<&'static str>) -> _ {
    let deliveries =
        webhook_deliveries::table.filter(webhook_deliveries::endpoint_id.eq(webhook_endpoints::id));
    let open = verifications::table
        .filter(verifications::webhook_endpoint_id.eq(webhook_endpoints::id.nullable()))
        .filter(verifications::status.eq_any(unfinished));
    webhook_endpoints::table
        .filter(not(webhook_endpoints::listed))
        .filter(webhook_endpoints::updated_at.le(named_before))
        .filter(not(exists(deliveries)))
        .filter(not(exists(open)))
}

/// Forgets endpoints that stand for a `webhook_url`, have no deliveries left and belong to no unfinished
/// verification, at most `limit`. Returns how many. Whoever uses one for a new verification locks its row first.
pub fn forget_unused(conn: &mut Conn, limit: i64, now: Timestamp) -> Result<usize, Error> {
    let unfinished = || {
        let open = VerificationStatus::ALL.iter().filter(|status| !status.is_settled());
        open.map(|status| status.as_str()).collect::<Vec<_>>()
    };
    let before = now.minus(YOUNG).as_micros();
    let found = unused(before, unfinished()).limit(limit).select(webhook_endpoints::id);
    let found: Vec<EndpointId> = load_skipping_locked!(conn, found, EndpointId)?;
    if found.is_empty() {
        return Ok(0);
    }
    // Somebody may have come between the look and the lock; nobody does from here on.
    let still: Vec<EndpointId> = unused(before, unfinished())
        .filter(webhook_endpoints::id.eq_any(found.iter().map(EndpointId::as_str)))
        .select(webhook_endpoints::id)
        .load(conn)?;
    let those = webhook_endpoints::id.eq_any(still.iter().map(EndpointId::as_str));
    Ok(diesel::delete(webhook_endpoints::table.filter(those)).execute(conn)?)
}

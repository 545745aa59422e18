//! The endpoints behind the `webhook_url` of verifications, which nobody deletes by hand.

use std::time::Duration;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::dialect::load_skipping_locked;
use crate::db::schema::{runs, verifications, webhook_deliveries, webhook_endpoints};
use crate::db::{Conn, Error};
use crate::domain::{EndpointId, Timestamp, VerificationStatus};

/// How long an endpoint stays after it was last named, so that it does not come and go with each verification.
const YOUNG: Duration = Duration::from_secs(86_400);

#[diesel::dsl::auto_type(no_type_alias)]
fn unused(named_before: i64, settled_after: i64, unfinished: Vec<&'static str>) -> _ {
    let deliveries =
        webhook_deliveries::table.filter(webhook_deliveries::endpoint_id.eq(webhook_endpoints::id));
    let reports = runs::table
        .filter(runs::verification_id.eq(verifications::id))
        .filter(runs::report.is_not_null())
        .select(runs::id);
    let open = verifications::table
        .filter(verifications::webhook_endpoint_id.eq(webhook_endpoints::id.nullable()))
        .filter(
            verifications::settled_at.gt(settled_after).or(verifications::redacted_at
                .is_null()
                .and(verifications::status.eq_any(unfinished).or(exists(reports)))
                .nullable()),
        );
    webhook_endpoints::table
        .filter(not(webhook_endpoints::listed))
        .filter(webhook_endpoints::updated_at.le(named_before))
        .filter(not(exists(deliveries)))
        .filter(not(exists(open)))
}

/// Forgets endpoints that stand for a `webhook_url`, have no deliveries left and belong to no verification of which there
/// may be more to tell, at most `limit`. Returns how many. There may be as long as a verification waits for somebody or
/// has a report, and for `kept` after it was last settled. Whoever uses an endpoint for a new verification locks its row
/// first.
pub fn forget_unused(conn: &mut Conn, kept: Duration, limit: i64, now: Timestamp) -> Result<usize, Error> {
    let unused = || {
        let waits = |status: &&VerificationStatus| {
            !status.is_settled() || **status == VerificationStatus::NeedsReview
        };
        let waiting = VerificationStatus::ALL.iter().filter(waits).map(|status| status.as_str());
        unused(now.minus(YOUNG).as_micros(), now.minus(kept).as_micros(), waiting.collect())
    };
    let found = unused().limit(limit).select(webhook_endpoints::id);
    let found: Vec<EndpointId> = load_skipping_locked!(conn, found, EndpointId)?;
    if found.is_empty() {
        return Ok(0);
    }
    // Somebody may have come between the look and the lock; nobody does from here on.
    let still: Vec<EndpointId> = unused()
        .filter(webhook_endpoints::id.eq_any(found.iter().map(EndpointId::as_str)))
        .select(webhook_endpoints::id)
        .load(conn)?;
    let those = webhook_endpoints::id.eq_any(still.iter().map(EndpointId::as_str));
    Ok(diesel::delete(webhook_endpoints::table.filter(those)).execute(conn)?)
}

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

/// Looks at endpoints that stand for a `webhook_url` and were neither named nor looked at for a day, at most `limit`:
/// forgets those that have no deliveries left and belong to no verification of which there may be more to tell (it is
/// unfinished, waits for a reviewer, has a report or was settled less than `kept` ago), and looks at the others again in a
/// day. Returns how many it has looked at. Whoever uses one for a new verification locks its row first.
pub fn forget_unused(conn: &mut Conn, kept: Duration, limit: i64, now: Timestamp) -> Result<usize, Error> {
    let old = webhook_endpoints::table
        .filter(not(webhook_endpoints::listed))
        .filter(webhook_endpoints::updated_at.le(now.minus(YOUNG).as_micros()))
        .order(webhook_endpoints::updated_at)
        .limit(limit)
        .select(webhook_endpoints::id);
    let old: Vec<EndpointId> = load_skipping_locked!(conn, old, EndpointId)?;
    if old.is_empty() {
        return Ok(0);
    }
    // A statement of its own: it sees what came before the lock, and nothing comes after it.
    let waits =
        |status: &&VerificationStatus| !status.is_settled() || **status == VerificationStatus::NeedsReview;
    let waiting = VerificationStatus::ALL.iter().filter(waits).map(|status| status.as_str());
    let deliveries =
        webhook_deliveries::table.filter(webhook_deliveries::endpoint_id.eq(webhook_endpoints::id));
    let reports = runs::table
        .filter(runs::verification_id.eq(verifications::id))
        .filter(runs::report.is_not_null())
        .select(runs::id);
    let more_to_tell = verifications::status.eq_any(waiting).or(exists(reports));
    let open = verifications::table
        .filter(verifications::webhook_endpoint_id.eq(webhook_endpoints::id.nullable()))
        .filter(
            verifications::settled_at
                .gt(now.minus(kept).as_micros())
                .or(verifications::redacted_at.is_null().and(more_to_tell).nullable()),
        );
    let those = || webhook_endpoints::id.eq_any(old.iter().map(EndpointId::as_str));
    let unused: Vec<EndpointId> = webhook_endpoints::table
        .filter(those())
        .filter(not(exists(deliveries)))
        .filter(not(exists(open)))
        .select(webhook_endpoints::id)
        .load(conn)?;
    let unused = webhook_endpoints::id.eq_any(unused.iter().map(EndpointId::as_str));
    diesel::delete(webhook_endpoints::table.filter(unused)).execute(conn)?;
    diesel::update(webhook_endpoints::table.filter(those()))
        .set(webhook_endpoints::updated_at.eq(now.as_micros()))
        .execute(conn)?;
    Ok(old.len())
}

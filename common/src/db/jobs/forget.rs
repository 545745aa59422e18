//! Forgetting jobs that nobody will ask about.

use diesel::prelude::*;

use crate::db::schema::{erasures, job_failures, jobs};
use crate::db::{Conn, Error};
use crate::domain::{ErasureReason, JobId, JobKind, JobState, Timestamp};

/// Forgets up to `limit` jobs that were done or cancelled before `cutoff`, the failures that they met, and the orders
/// that they have carried out. Dead jobs stay until somebody drives them again, and so do the receipts of
/// verifications that were redacted.
/// Returns how many jobs.
pub fn forget_finished(conn: &mut Conn, cutoff: Timestamp, limit: i64) -> Result<usize, Error> {
    let ended = [JobState::Done.as_str(), JobState::Canceled.as_str()];
    let old: Vec<(JobId, JobKind, String)> = jobs::table
        .filter(jobs::state.eq_any(ended))
        .filter(jobs::finished_at.le(cutoff.as_micros()))
        .limit(limit)
        .select((jobs::id, jobs::kind, jobs::subject_id))
        .load(conn)?;
    let ids: Vec<&str> = old.iter().map(|(id, ..)| id.as_str()).collect();
    let erased = old.iter().filter(|(_, kind, _)| *kind == JobKind::Erase);
    let orders: Vec<&str> = erased.map(|(_, _, subject)| subject.as_str()).collect();
    diesel::delete(
        erasures::table
            .filter(erasures::id.eq_any(orders))
            .filter(
                erasures::reason.ne(ErasureReason::Redact.as_str()).or(erasures::verification_id.is_null()),
            )
            .filter(erasures::completed_at.is_not_null()),
    )
    .execute(conn)?;
    diesel::delete(job_failures::table.filter(job_failures::job_id.eq_any(&ids))).execute(conn)?;
    Ok(diesel::delete(jobs::table.filter(jobs::id.eq_any(&ids))).execute(conn)?)
}

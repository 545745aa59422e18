//! How far a batch has come, how fast it goes, and when it may be done.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;

use super::{Batch, counts};
use crate::db::schema::batch_items;
use crate::db::{Conn, Error};
use crate::domain::{ItemState, Timestamp};

/// The time that the rate is taken over.
const WINDOW: Duration = Duration::from_secs(60);

/// How far a batch has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// How many items are in each state; states without items are left out.
    pub counts: BTreeMap<ItemState, i64>,
    /// How many items have ended.
    pub finished: i64,
    /// Items that ended within the last minute, as a rate per minute; `None` while nothing is to be done.
    pub per_minute: Option<f64>,
    /// When the last item may end, if it goes on like this.
    pub estimated_end: Option<Timestamp>,
}

/// How far a batch has come.
pub fn progress(conn: &mut Conn, batch: &Batch, now: Timestamp) -> Result<Progress, Error> {
    let counts = counts(conn, &batch.id)?;
    let finished = counts.iter().filter(|(state, _)| state.is_finished()).map(|(_, count)| count).sum();
    let mut progress = Progress { counts, finished, per_minute: None, estimated_end: None };
    if batch.finished_at.is_some() {
        return Ok(progress);
    }
    let recently: i64 = batch_items::table
        .filter(batch_items::batch_id.eq(batch.id.as_str()))
        .filter(batch_items::finished_at.gt(now.minus(WINDOW).as_micros()))
        .count()
        .get_result(conn)?;
    // A batch that is younger than the window has had less time.
    let seconds = now.since(batch.created_at).min(WINDOW).as_secs_f64();
    if recently > 0 && seconds > 0.0 {
        let rate = recently as f64 / seconds;
        progress.per_minute = Some(rate * 60.0);
        let left = (batch.total - finished).max(0) as f64;
        progress.estimated_end = Some(now.plus(Duration::from_secs_f64(left / rate)));
    }
    Ok(progress)
}

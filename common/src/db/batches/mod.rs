//! Batches: many verifications at once, and what came of each.

mod cancel;
mod change;
mod csv_lines;
mod diff;
mod feed;
mod items;
mod make;
mod progress;
mod select;

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

pub use cancel::{
    cancel, cancel_abandoned, cancel_unstored, end_of_verification, end_waiting, erase_old_sources,
    erase_sources, with_waiting,
};
pub use change::{Wish, change};
pub use csv_lines::{CSV_HEADER, csv_line};
pub use diff::{changed_items, diff};
pub use feed::{IMAGES_GONE, MOVED_ON, feed, pace, running, spend};
pub use items::{
    End, Item, NewItem, Reasons, add_items, begin_item, change_of, end_item, fail_item, item, items,
    lock_item, made_verification, of_run, under_way,
};
pub use make::{add_lines, give_up_import, insert_reprocess, start_import, unfinished_import};
pub use progress::{Progress, progress};
pub use select::{Selected, count, select};

use super::dialect::{first_locked, load_kept};
use super::events::NewEvent;
use super::schema::{batch_items, batches};
use super::{Conn, Error, events};
use crate::domain::{BatchId, BatchKind, BatchStatus, EventType, ItemState, TenantId, Timestamp};

/// A batch as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = batches)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What it does.
    pub kind: BatchKind,
    /// Where it stands.
    pub status: BatchStatus,
    /// Raised with every change of its status and each time that progress is told.
    pub version: i64,
    /// The caller's own words for it.
    pub description: Option<String>,
    /// What belongs to it: JSON, of a form that its kind defines.
    pub selection: String,
    /// The policy that decides, as JSON; `None`: the one in force.
    pub policy: Option<String>,
    /// Whether nothing but the report is written.
    pub shadow: bool,
    /// Whether it decides anew what a reviewer has decided.
    pub overrides_reviews: bool,
    /// The most items that are begun in a minute.
    pub per_minute: Option<i32>,
    /// How far the preparation has come.
    pub prepared_to: Option<String>,
    /// How many items it has, as far as that is known.
    pub total: i64,
    /// The time up to which the rate is used up.
    pub paced_to: Timestamp,
    /// How many items were finished when progress was last told.
    pub told: i64,
    /// Why it was given up.
    pub error: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// What a new batch holds.
#[derive(Debug)]
pub struct NewBatch<'a> {
    /// Its id.
    pub id: &'a BatchId,
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// What it does.
    pub kind: BatchKind,
    /// The caller's own words for it.
    pub description: Option<&'a str>,
    /// What belongs to it, as JSON.
    pub selection: &'a str,
    /// The policy that decides, as JSON.
    pub policy: Option<&'a str>,
    /// Whether nothing but the report is written.
    pub shadow: bool,
    /// Whether it decides anew what a reviewer has decided.
    pub overrides_reviews: bool,
    /// The most items that are begun in a minute.
    pub per_minute: Option<i32>,
}

/// Stores a new batch, which is `preparing`.
pub fn insert(conn: &mut Conn, new: &NewBatch<'_>, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(batches::table)
        .values((
            batches::id.eq(new.id.as_str()),
            batches::tenant_id.eq(new.tenant.as_str()),
            batches::kind.eq(new.kind.as_str()),
            batches::status.eq(BatchStatus::Preparing.as_str()),
            batches::version.eq(1),
            batches::description.eq(new.description),
            batches::selection.eq(new.selection),
            batches::policy.eq(new.policy),
            batches::shadow.eq(new.shadow),
            batches::overrides_reviews.eq(new.overrides_reviews),
            batches::per_minute.eq(new.per_minute),
            batches::total.eq(0),
            batches::paced_to.eq(now.as_micros()),
            batches::told.eq(0),
            batches::created_at.eq(now.as_micros()),
            batches::updated_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// A tenant's batch.
pub fn get(conn: &mut Conn, tenant: &TenantId, id: &BatchId) -> Result<Option<Batch>, Error> {
    Ok(batches::table
        .find(id.as_str())
        .filter(batches::tenant_id.eq(tenant.as_str()))
        .select(Batch::as_select())
        .first(conn)
        .optional()?)
}

/// The batch of that id, whoever's it is.
pub fn get_unscoped(conn: &mut Conn, id: &BatchId) -> Result<Option<Batch>, Error> {
    Ok(batches::table.find(id.as_str()).select(Batch::as_select()).first(conn).optional()?)
}

/// The batch of that id, locked until the transaction ends.
pub fn lock(conn: &mut Conn, id: &BatchId) -> Result<Option<Batch>, Error> {
    Ok(first_locked!(conn, batches::table.find(id.as_str()).select(Batch::as_select()), Batch)?)
}

/// A tenant's batches, newest first, at most `limit`, older than `after`.
pub fn list(
    conn: &mut Conn,
    tenant: &TenantId,
    after: Option<&BatchId>,
    limit: i64,
) -> Result<Vec<Batch>, Error> {
    let mut query = batches::table
        .filter(batches::tenant_id.eq(tenant.as_str()))
        .order(batches::id.desc())
        .limit(limit)
        .select(Batch::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(batches::id.lt(after.as_str()));
    }
    Ok(query.load(conn)?)
}

/// Whether a batch has ended: items that still wait are shown as canceled then, see [`end_waiting`].
fn is_over(conn: &mut Conn, id: &BatchId) -> Result<bool, Error> {
    let ended = batches::table.find(id.as_str()).select(batches::finished_at.is_not_null());
    Ok(ended.first(conn).optional()?.unwrap_or(false))
}

/// Locks a batch against its end, until the transaction ends. `false`: it has ended.
pub fn keep_open(conn: &mut Conn, id: &BatchId) -> Result<bool, Error> {
    let found = load_kept!(conn, batches::table.find(id.as_str()).select(Batch::as_select()), Batch)?;
    Ok(found.first().is_some_and(|batch| !batch.status.is_finished()))
}

/// How many items of a batch are in each state.
pub fn counts(conn: &mut Conn, id: &BatchId) -> Result<BTreeMap<ItemState, i64>, Error> {
    let rows: Vec<(ItemState, i64)> = batch_items::table
        .filter(batch_items::batch_id.eq(id.as_str()))
        .group_by(batch_items::state)
        .select((batch_items::state, count_star()))
        .load(conn)?;
    let mut counts: BTreeMap<ItemState, i64> = rows.into_iter().collect();
    if counts.contains_key(&ItemState::Waiting) && is_over(conn, id)? {
        let waiting = counts.remove(&ItemState::Waiting).unwrap_or(0);
        *counts.entry(ItemState::Canceled).or_insert(0) += waiting;
    }
    Ok(counts)
}

/// Moves a batch, which the caller has locked, to another status, and tells of it where there is something to tell.
pub fn set_status(
    conn: &mut Conn,
    batch: &Batch,
    next: BatchStatus,
    error: Option<&str>,
    now: Timestamp,
) -> Result<i64, Error> {
    let version = diesel::update(batches::table.find(batch.id.as_str()))
        .set((
            batches::status.eq(next.as_str()),
            batches::version.eq(batches::version + 1),
            batches::error.eq(error),
            batches::updated_at.eq(now.as_micros()),
            batches::finished_at.eq(next.is_finished().then(|| now.as_micros())),
        ))
        .returning(batches::version)
        .get_result(conn)?;
    let event = match (batch.status, next) {
        (BatchStatus::Preparing, BatchStatus::Running) => Some(EventType::BatchStarted),
        (_, BatchStatus::Completed) => Some(EventType::BatchCompleted),
        (_, BatchStatus::Failed | BatchStatus::Canceled) => Some(EventType::BatchFailed),
        _ => None,
    };
    if let Some(event_type) = event {
        tell(conn, batch, event_type, version, now)?;
    }
    Ok(version)
}

/// Tells of a batch, with its counts.
pub fn tell(
    conn: &mut Conn,
    batch: &Batch,
    event_type: EventType,
    version: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let counts = counts(conn, &batch.id)?;
    let total: i64 = counts.values().sum();
    let mut details = serde_json::Map::from_iter([("total".to_owned(), total.into())]);
    let states: serde_json::Map<_, _> =
        counts.into_iter().map(|(state, count)| (state.as_str().to_owned(), count.into())).collect();
    details.insert("items".to_owned(), states.into());
    let (tenant, resource) = (&batch.tenant_id, batch.id.as_str());
    let new = NewEvent { tenant, resource, event_type, version, details: Some(details) };
    events::tell(conn, &new, now)?;
    Ok(())
}

//! A batch's items: each has one result.

use diesel::prelude::*;

use crate::db::dialect::{each, first_locked};
use crate::db::schema::{batch_items, batches};
use crate::db::{Conn, Error};
use crate::domain::{
    BatchId, BatchItemId, ItemState, ReasonCode, RunId, TenantId, Timestamp, Verdict, VerificationId,
};

/// Rows that one statement stores: PostgreSQL takes 65,535 values in one, SQLite 32,766.
const ROWS: usize = 500;

/// An item as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = batch_items)]
pub struct Item {
    /// Its id.
    pub id: BatchItemId,
    /// Its batch.
    pub batch_id: BatchId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Its place in the batch, from 0.
    pub position: i64,
    /// An import's files and names, as JSON, until they are erased.
    pub source: Option<String>,
    /// The verification.
    pub verification_id: Option<VerificationId>,
    /// The run.
    pub run_id: Option<RunId>,
    /// Where it stands.
    pub state: ItemState,
    /// What was decided before.
    pub old_verdict: Option<Verdict>,
    old_reasons: Option<String>,
    /// What the batch's run recommends.
    pub new_verdict: Option<Verdict>,
    new_reasons: Option<String>,
    /// Why it was given up.
    pub error: Option<String>,
    /// When it was begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// Reason codes before and after.
pub type Reasons = (Vec<ReasonCode>, Vec<ReasonCode>);

/// The reasons of an item's decisions, before and after.
pub fn change_of(item: &Item) -> Result<Reasons, Error> {
    let parse = |json: &Option<String>| match json {
        Some(json) => serde_json::from_str(json),
        None => Ok(Vec::new()),
    };
    Ok((parse(&item.old_reasons)?, parse(&item.new_reasons)?))
}

/// What a new item holds.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// An import's files and names, as JSON.
    pub source: Option<String>,
    /// The verification that is looked at again.
    pub verification: Option<VerificationId>,
    /// What was decided on it.
    pub old: Option<(Verdict, Vec<ReasonCode>)>,
}

/// Adds items to a batch from `position` on, and notes how far its preparation has come.
pub fn add_items(
    conn: &mut Conn,
    tenant: &TenantId,
    batch: &BatchId,
    position: i64,
    new: &[NewItem],
    prepared_to: Option<&str>,
) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(new.len());
    for (item, position) in new.iter().zip(position..) {
        let old = item.old.as_ref().map(|(verdict, reasons)| (*verdict, reasons.as_slice()));
        let (verdict, reasons) = columns_of(old)?;
        rows.push((
            batch_items::id.eq(BatchItemId::generate().to_string()),
            batch_items::batch_id.eq(batch.as_str()),
            batch_items::tenant_id.eq(tenant.as_str()),
            batch_items::position.eq(position),
            batch_items::source.eq(item.source.as_deref()),
            batch_items::verification_id.eq(item.verification.as_ref().map(VerificationId::as_str)),
            batch_items::state.eq(ItemState::Waiting.as_str()),
            batch_items::old_verdict.eq(verdict),
            batch_items::old_reasons.eq(reasons),
        ));
    }
    for rows in rows.chunks(ROWS) {
        each!(conn, c => diesel::insert_into(batch_items::table).values(rows).execute(c))?;
    }
    let now = crate::db::now(conn)?;
    let added = i64::try_from(new.len()).unwrap_or(i64::MAX);
    diesel::update(batches::table.find(batch.as_str()))
        .set((
            batches::total.eq(batches::total + added),
            batches::prepared_to.eq(prepared_to),
            batches::updated_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The item of that id.
pub fn item(conn: &mut Conn, id: &BatchItemId) -> Result<Option<Item>, Error> {
    Ok(batch_items::table.find(id.as_str()).select(Item::as_select()).first(conn).optional()?)
}

/// The item that a run is made for.
pub fn of_run(conn: &mut Conn, run: &RunId) -> Result<Option<Item>, Error> {
    use crate::db::schema::runs;
    let id = runs::table
        .find(run.as_str())
        .select(runs::batch_item_id)
        .first::<Option<String>>(conn)
        .optional()?
        .flatten();
    match id {
        Some(id) => Ok(batch_items::table.find(id).select(Item::as_select()).first(conn).optional()?),
        None => Ok(None),
    }
}

/// How many of a batch's items are worked on.
pub fn under_way(conn: &mut Conn, batch: &BatchId) -> Result<i64, Error> {
    count(conn, batch, ItemState::Running)
}

/// How many of a batch's items are stored with this state.
pub(super) fn count(conn: &mut Conn, batch: &BatchId, state: ItemState) -> Result<i64, Error> {
    Ok(batch_items::table
        .filter(batch_items::batch_id.eq(batch.as_str()))
        .filter(batch_items::state.eq(state.as_str()))
        .count()
        .get_result(conn)?)
}

/// A batch's items by position, at most `limit`, from `from` on; of one state, if one is given. If the batch has ended,
/// those that wait are canceled.
pub fn items(
    conn: &mut Conn,
    batch: &BatchId,
    state: Option<ItemState>,
    from: i64,
    limit: i64,
) -> Result<Vec<Item>, Error> {
    let (waiting, canceled) = (ItemState::Waiting, ItemState::Canceled);
    let is_over = super::is_over(conn, batch)?;
    let mut query = batch_items::table
        .filter(batch_items::batch_id.eq(batch.as_str()))
        .filter(batch_items::position.ge(from))
        .order(batch_items::position)
        .limit(limit)
        .select(Item::as_select())
        .into_boxed();
    query = match state {
        None => query,
        Some(ItemState::Waiting) if is_over => return Ok(Vec::new()),
        Some(ItemState::Canceled) if is_over => {
            query.filter(batch_items::state.eq_any([waiting.as_str(), canceled.as_str()]))
        }
        Some(state) => query.filter(batch_items::state.eq(state.as_str())),
    };
    let mut items: Vec<Item> = query.load(conn)?;
    for item in items.iter_mut().filter(|item| is_over && item.state == waiting) {
        item.state = canceled;
    }
    Ok(items)
}

/// Notes that an item is worked on, by a run if there is one already. `false`: it does not wait.
pub fn begin_item(
    conn: &mut Conn,
    id: &BatchItemId,
    run: Option<&RunId>,
    now: Timestamp,
) -> Result<bool, Error> {
    let waiting =
        batch_items::table.find(id.as_str()).filter(batch_items::state.eq(ItemState::Waiting.as_str()));
    let changed = diesel::update(waiting)
        .set((
            batch_items::state.eq(ItemState::Running.as_str()),
            batch_items::run_id.eq(run.map(RunId::as_str)),
            batch_items::started_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// The item of that id, locked until the transaction ends.
pub fn lock_item(conn: &mut Conn, id: &BatchItemId) -> Result<Option<Item>, Error> {
    Ok(first_locked!(conn, batch_items::table.find(id.as_str()).select(Item::as_select()), Item)?)
}

/// Notes which verification an import's item has become and the run that decides it, and that the item is worked on.
/// The caller has locked the item, which is open and had none.
pub fn made_verification(
    conn: &mut Conn,
    id: &BatchItemId,
    verification: &VerificationId,
    run: &RunId,
    now: Timestamp,
) -> Result<(), Error> {
    let unmade = batch_items::table
        .find(id.as_str())
        .filter(batch_items::verification_id.is_null())
        .filter(batch_items::finished_at.is_null());
    let changed = diesel::update(unmade)
        .set((
            batch_items::state.eq(ItemState::Running.as_str()),
            batch_items::verification_id.eq(verification.as_str()),
            batch_items::run_id.eq(run.as_str()),
            batch_items::started_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    if changed == 0 { Err(Error::Fenced) } else { Ok(()) }
}

/// Notes what was decided on an item's verification before.
pub(super) fn set_old(
    conn: &mut Conn,
    id: &BatchItemId,
    old: Option<(Verdict, Vec<ReasonCode>)>,
) -> Result<(), Error> {
    let (verdict, reasons) =
        columns_of(old.as_ref().map(|(verdict, reasons)| (*verdict, reasons.as_slice())))?;
    diesel::update(batch_items::table.find(id.as_str()))
        .set((batch_items::old_verdict.eq(verdict), batch_items::old_reasons.eq(reasons)))
        .execute(conn)?;
    Ok(())
}

/// A decision as it is stored.
fn columns_of(
    decision: Option<(Verdict, &[ReasonCode])>,
) -> Result<(Option<&'static str>, Option<String>), Error> {
    match decision {
        Some((verdict, reasons)) => {
            // In one order, so that a diff sees no change where there is none.
            let mut reasons = reasons.to_vec();
            reasons.sort();
            Ok((Some(verdict.as_str()), Some(serde_json::to_string(&reasons)?)))
        }
        None => Ok((None, None)),
    }
}

/// Gives an item up. `false`: it has ended already.
pub fn fail_item(conn: &mut Conn, id: &BatchItemId, error: &str, now: Timestamp) -> Result<bool, Error> {
    let end = End { state: ItemState::Failed, new: None, error: Some(error) };
    end_item(conn, id, &end, now)
}

/// How an item ends.
#[derive(Debug)]
pub struct End<'a> {
    /// Its last state.
    pub state: ItemState,
    /// What its run recommends, and why.
    pub new: Option<(Verdict, &'a [ReasonCode])>,
    /// Why it was given up.
    pub error: Option<&'a str>,
}

/// Ends an item. `false`: it has ended already, so that it has no more than one result.
pub fn end_item(conn: &mut Conn, id: &BatchItemId, end: &End<'_>, now: Timestamp) -> Result<bool, Error> {
    let (verdict, reasons) = columns_of(end.new)?;
    let open = batch_items::table.find(id.as_str()).filter(batch_items::finished_at.is_null());
    let changed = diesel::update(open)
        .set((
            batch_items::state.eq(end.state.as_str()),
            batch_items::new_verdict.eq(verdict),
            batch_items::new_reasons.eq(reasons),
            batch_items::error.eq(end.error),
            batch_items::finished_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

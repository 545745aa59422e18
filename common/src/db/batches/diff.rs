//! What a batch's runs would change, or have changed.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::counts;
use super::items::{Item, change_of};
use crate::db::schema::batch_items;
use crate::db::{Conn, Error};
use crate::domain::{BatchId, Diff, ItemState, ReasonChange, ReasonCode, Verdict, VerdictChange};

/// Items that are read at a time.
const PAGE: i64 = 500;

/// Holds what was decided before a batch's runs against what the runs recommend. Items that have no result, or that a
/// reviewer's decision is kept on, are counted by their state alone.
pub fn diff(conn: &mut Conn, batch: &BatchId) -> Result<Diff, Error> {
    let verdicts = verdicts(conn, batch)?;
    let mut reasons = BTreeMap::<ReasonCode, ReasonChange>::new();
    let (mut changed, mut from) = (0, 0);
    loop {
        let page = changed_items(conn, batch, from, PAGE)?;
        let Some(last) = page.last() else { break };
        from = last.position + 1;
        for item in &page {
            changed += 1;
            let (old, new) = change_of(item)?;
            for (reason, appears) in differing(&old, &new) {
                let change = reasons.entry(reason).or_insert(ReasonChange::of(reason));
                if appears { change.appears += 1 } else { change.disappears += 1 }
            }
        }
    }
    let items = counts(conn, batch)?;
    let compared = verdicts.iter().map(|change| change.items).sum();
    Ok(Diff { items, compared, changed, verdicts, reasons: reasons.into_values().collect() })
}

/// A batch's items whose verdict or reasons differ from those before, by position, at most `limit`, from `from` on.
pub fn changed_items(conn: &mut Conn, batch: &BatchId, from: i64, limit: i64) -> Result<Vec<Item>, Error> {
    let differs = batch_items::old_verdict
        .is_null()
        .or(batch_items::old_verdict.ne(batch_items::new_verdict).assume_not_null())
        .or(batch_items::old_reasons.ne(batch_items::new_reasons).assume_not_null());
    Ok(batch_items::table
        .filter(batch_items::batch_id.eq(batch.as_str()))
        .filter(batch_items::state.eq(ItemState::Done.as_str()))
        .filter(batch_items::new_verdict.is_not_null())
        .filter(differs)
        .filter(batch_items::position.ge(from))
        .order(batch_items::position)
        .limit(limit)
        .select(Item::as_select())
        .load(conn)?)
}

fn verdicts(conn: &mut Conn, batch: &BatchId) -> Result<Vec<VerdictChange>, Error> {
    let rows: Vec<(Option<Verdict>, Option<Verdict>, i64)> = batch_items::table
        .filter(batch_items::batch_id.eq(batch.as_str()))
        .filter(batch_items::state.eq(ItemState::Done.as_str()))
        .group_by((batch_items::old_verdict, batch_items::new_verdict))
        .select((batch_items::old_verdict, batch_items::new_verdict, count_star()))
        .load(conn)?;
    let mut changes: Vec<_> = rows
        .into_iter()
        .filter_map(|(from, to, items)| Some(VerdictChange { from, to: to?, items }))
        .collect();
    changes.sort_by_key(|change| (change.from, change.to));
    Ok(changes)
}

/// The reasons that one list has and the other has not, and whether it is the new one that has them.
fn differing(old: &[ReasonCode], new: &[ReasonCode]) -> impl Iterator<Item = (ReasonCode, bool)> {
    let gone = old.iter().filter(|reason| !new.contains(reason)).map(|reason| (*reason, false));
    let come = new.iter().filter(|reason| !old.contains(reason)).map(|reason| (*reason, true));
    gone.chain(come)
}

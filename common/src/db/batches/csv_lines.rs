//! The items that a batch changes, as lines of CSV.

use super::items::{Item, change_of};
use crate::db::Error;
use crate::domain::{ReasonCode, Verdict};

/// The first line: what the others hold. Reasons are separated by spaces.
pub const CSV_HEADER: &str =
    "position,verification_id,old_verdict,new_verdict,reasons_that_appear,reasons_that_disappear\n";

/// The line of one item. Ids and names of closed sets need no quotes.
pub fn csv_line(item: &Item) -> Result<String, Error> {
    let (old, new) = change_of(item)?;
    let verdict = |verdict: Option<Verdict>| verdict.map(Verdict::as_str).unwrap_or_default();
    let verification = item.verification_id.as_ref().map(|id| id.as_str()).unwrap_or_default();
    Ok(format!(
        "{},{verification},{},{},{},{}\n",
        item.position,
        verdict(item.old_verdict),
        verdict(item.new_verdict),
        without(&new, &old),
        without(&old, &new)
    ))
}

/// The reasons of one list that the other lacks.
fn without(reasons: &[ReasonCode], other: &[ReasonCode]) -> String {
    let left: Vec<&str> =
        reasons.iter().filter(|reason| !other.contains(reason)).map(|reason| reason.as_str()).collect();
    left.join(" ")
}

//! Which verifications a reprocessing is about.

use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};

use crate::db::schema::{runs, verifications};
use crate::db::{Conn, Error};
use crate::domain::{
    ReasonCode, ReprocessSelection, RunId, TenantId, Timestamp, Verdict, VerificationId, VerificationStatus,
};

type Backend = <Conn as diesel::Connection>::Backend;
type Query<'a> = verifications::BoxedQuery<'a, Backend>;
type Condition = Box<dyn BoxableExpression<verifications::table, Backend, SqlType = Nullable<Bool>>>;

/// A verification that a selection names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Its id.
    pub id: VerificationId,
    /// What its status says was decided, and why its run thought so; `None`: it was given up.
    pub decided: Option<(Verdict, Vec<ReasonCode>)>,
}

/// The tenant's verifications that meet a selection and were made before `made_before`, oldest first, at most `limit`,
/// later than `after`. Those whose personal data was erased are among them.
pub fn select(
    conn: &mut Conn,
    tenant: &TenantId,
    selection: &ReprocessSelection,
    made_before: Timestamp,
    after: Option<&VerificationId>,
    limit: i64,
) -> Result<Vec<Selected>, Error> {
    type Row = (VerificationId, VerificationStatus, Option<RunId>);
    let mut query = matching(tenant, selection, made_before);
    if let Some(after) = after {
        query = query.filter(verifications::id.gt(after.as_str().to_owned()));
    }
    let rows: Vec<Row> = query
        .order(verifications::id)
        .limit(limit)
        .select((verifications::id, verifications::status, verifications::current_run_id))
        .load(conn)?;
    let current: Vec<&str> = rows.iter().filter_map(|(_, _, run)| Some(run.as_ref()?.as_str())).collect();
    let reasons: Vec<(RunId, String)> =
        runs::table.filter(runs::id.eq_any(current)).select((runs::id, runs::reasons)).load(conn)?;
    let reasons: std::collections::HashMap<_, _> = reasons.into_iter().collect();
    rows.into_iter()
        .map(|(id, status, run)| {
            let of_run = run.and_then(|run| reasons.get(&run)).map(String::as_str).unwrap_or("[]");
            let decided = match status.verdict() {
                Some(verdict) => Some((verdict, serde_json::from_str(of_run)?)),
                None => None,
            };
            Ok(Selected { id, decided })
        })
        .collect()
}

/// How many verifications [`select`] names in all.
pub fn count(
    conn: &mut Conn,
    tenant: &TenantId,
    selection: &ReprocessSelection,
    made_before: Timestamp,
) -> Result<i64, Error> {
    Ok(matching(tenant, selection, made_before).count().get_result(conn)?)
}

fn matching(tenant: &TenantId, selection: &ReprocessSelection, made_before: Timestamp) -> Query<'static> {
    let statuses = match selection.statuses.is_empty() {
        true => ReprocessSelection::STATUSES,
        false => &selection.statuses,
    };
    let settled = statuses.iter().filter(|status| ReprocessSelection::STATUSES.contains(status));
    let mut query = verifications::table
        .filter(verifications::tenant_id.eq(tenant.as_str().to_owned()))
        .filter(verifications::status.eq_any(settled.map(|status| status.as_str().to_owned())))
        .into_boxed();
    let before = selection.created_before.map_or(made_before, |before| before.min(made_before));
    query = query.filter(verifications::created_at.lt(before.as_micros()));
    if let Some(from) = selection.created_from {
        query = query.filter(verifications::created_at.ge(from.as_micros()));
    }
    if let Some(ids) = &selection.ids {
        query = query.filter(verifications::id.eq_any(ids.iter().map(|id| id.as_str().to_owned())));
    }
    for condition in conditions_on_run(selection) {
        query = query.filter(condition);
    }
    query
}

/// That the current run is among those that meet a condition.
macro_rules! with_run {
    ($condition:expr) => {
        Box::new(
            verifications::current_run_id.eq_any(runs::table.filter($condition).select(runs::id.nullable())),
        )
    };
}

/// What the current run has to meet: each of these.
fn conditions_on_run(selection: &ReprocessSelection) -> Vec<Condition> {
    let number = |version: u32| i32::try_from(version).unwrap_or(i32::MAX);
    let mut conditions: Vec<Condition> = Vec::new();
    if let Some(below) = selection.policy_version_below {
        conditions.push(with_run!(runs::policy_version.lt(number(below))));
    }
    if !selection.policy_versions.is_empty() {
        let versions: Vec<i32> = selection.policy_versions.iter().map(|version| number(*version)).collect();
        conditions.push(with_run!(runs::policy_version.eq_any(versions)));
    }
    // Both lists are JSON whose strings come from closed sets, or are digests.
    let of_models = selection
        .model_digests
        .iter()
        .map(|digest| -> Condition { with_run!(runs::models.like(format!("%\"{digest}\"%"))) });
    conditions.extend(of_models.reduce(either));
    let of_reasons = selection
        .reasons
        .iter()
        .map(|reason| -> Condition { with_run!(runs::reasons.like(format!("%\"{reason}\"%"))) });
    conditions.extend(of_reasons.reduce(either));
    conditions
}

fn either(a: Condition, b: Condition) -> Condition {
    Box::new(a.or(b))
}

//! Which verifications a reprocessing is about.

use diesel::dsl::{Eq, LeftJoinQuerySource, Nullable};
use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable as NullableType};

use crate::db::schema::{runs, verifications};
use crate::db::{Conn, Error};
use crate::domain::{
    ReasonCode, ReprocessSelection, TenantId, Timestamp, Verdict, VerificationId, VerificationStatus,
};

type Backend = <Conn as diesel::Connection>::Backend;
/// Verifications, each with its current run if it has one: found by its key, one by one.
type WithRun = LeftJoinQuerySource<
    verifications::table,
    runs::table,
    Eq<verifications::current_run_id, Nullable<runs::id>>,
>;
type Query<'a> = diesel::helper_types::IntoBoxed<
    'a,
    diesel::helper_types::LeftJoinOn<
        verifications::table,
        runs::table,
        Eq<verifications::current_run_id, Nullable<runs::id>>,
    >,
    Backend,
>;
type Condition = Box<dyn BoxableExpression<WithRun, Backend, SqlType = NullableType<Bool>>>;

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
    type Row = (VerificationId, VerificationStatus, Option<String>);
    let mut query = matching(tenant, selection, made_before);
    if let Some(after) = after {
        query = query.filter(verifications::id.gt(after.as_str().to_owned()));
    }
    let rows: Vec<Row> = query
        .order(verifications::id)
        .limit(limit)
        .select((verifications::id, verifications::status, runs::reasons.nullable()))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, status, reasons)| {
            let of_run = reasons.as_deref().unwrap_or("[]");
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
        .left_join(runs::table.on(verifications::current_run_id.eq(runs::id.nullable())))
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

/// What the current run has to meet: each of these.
fn conditions_on_run(selection: &ReprocessSelection) -> Vec<Condition> {
    let number = |version: u32| i32::try_from(version).unwrap_or(i32::MAX);
    let mut conditions: Vec<Condition> = Vec::new();
    if let Some(below) = selection.policy_version_below {
        conditions.push(Box::new(runs::policy_version.nullable().lt(number(below))));
    }
    if !selection.policy_versions.is_empty() {
        let versions: Vec<i32> = selection.policy_versions.iter().map(|version| number(*version)).collect();
        conditions.push(Box::new(runs::policy_version.nullable().eq_any(versions)));
    }
    // Both lists are JSON whose strings come from closed sets, or are digests.
    let of_models = selection
        .model_digests
        .iter()
        .map(|digest| -> Condition { Box::new(runs::models.nullable().like(format!("%\"{digest}\"%"))) });
    conditions.extend(of_models.reduce(either));
    let of_reasons = selection
        .reasons
        .iter()
        .map(|reason| -> Condition { Box::new(runs::reasons.nullable().like(format!("%\"{reason}\"%"))) });
    conditions.extend(of_reasons.reduce(either));
    conditions
}

fn either(a: Condition, b: Condition) -> Condition {
    Box::new(a.or(b))
}

//! How what serves the verifications fares at the moment: jobs, batches, webhooks.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::{batch_items, batches, jobs, webhook_deliveries, webhook_endpoints};
use crate::db::{Conn, Error};
use crate::domain::{BatchStatus, DeliveryState, EndpointStatus, ItemState, JobState, TenantId};

/// Counts of what is kept, whenever it was made.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Health {
    /// Jobs that were given up and that somebody has to look at.
    pub dead_jobs: i64,
    /// Verifications that a person has to decide.
    pub reviews_waiting: i64,
    /// Batches by status.
    pub batches: BTreeMap<BatchStatus, i64>,
    /// Items of batches that were given up.
    pub failed_batch_items: i64,
    /// Webhook endpoints by status.
    pub endpoints: BTreeMap<EndpointStatus, i64>,
    /// Deliveries to them by state.
    pub deliveries: BTreeMap<DeliveryState, i64>,
}

/// How the jobs, batches and webhooks of these tenants fare.
pub fn health(conn: &mut Conn, tenants: &[TenantId]) -> Result<Health, Error> {
    let ids: Vec<&str> = tenants.iter().map(TenantId::as_str).collect();
    let batches: Vec<(BatchStatus, i64)> = batches::table
        .filter(batches::tenant_id.eq_any(&ids))
        .group_by(batches::status)
        .select((batches::status, count_star()))
        .load(conn)?;
    let endpoints: Vec<(EndpointStatus, i64)> = webhook_endpoints::table
        .filter(webhook_endpoints::tenant_id.eq_any(&ids))
        .filter(diesel::dsl::not(webhook_endpoints::deleted))
        .group_by(webhook_endpoints::status)
        .select((webhook_endpoints::status, count_star()))
        .load(conn)?;
    let deliveries: Vec<(DeliveryState, i64)> = webhook_deliveries::table
        .filter(webhook_deliveries::tenant_id.eq_any(&ids))
        .group_by(webhook_deliveries::state)
        .select((webhook_deliveries::state, count_star()))
        .load(conn)?;
    Ok(Health {
        dead_jobs: jobs::table
            .filter(jobs::tenant_id.eq_any(&ids))
            .filter(jobs::state.eq(JobState::Dead.as_str()))
            .count()
            .get_result(conn)?,
        reviews_waiting: crate::db::reviews::count(conn, &ids)?,
        batches: batches.into_iter().collect(),
        failed_batch_items: batch_items::table
            .filter(batch_items::tenant_id.eq_any(&ids))
            .filter(batch_items::state.eq(ItemState::Failed.as_str()))
            .count()
            .get_result(conn)?,
        endpoints: endpoints.into_iter().collect(),
        deliveries: deliveries.into_iter().collect(),
    })
}

//! The worker processes that are alive, what they do and which models they have.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::dsl::sum;
use diesel::prelude::*;

use super::dialect::each;
use super::schema::workers;
use super::{Conn, Error};
use crate::domain::{ModelStamp, Timestamp, WorkerId};

/// After this long without a heartbeat a worker counts as gone.
pub const GONE_AFTER: Duration = Duration::from_secs(30);

/// A worker process.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Its id.
    pub id: WorkerId,
    /// Its roles' names.
    pub roles: Vec<String>,
    /// How many jobs it runs at once; 0 without the verify role.
    pub slots: i32,
    /// The models it has loaded, by role.
    pub models: BTreeMap<String, ModelStamp>,
    /// The roles whose model it misses.
    pub missing: Vec<String>,
}

/// Writes a worker's row, or renews its heartbeat.
pub fn beat(conn: &mut Conn, worker: &Worker, now: Timestamp) -> Result<(), Error> {
    let values = (
        workers::id.eq(worker.id.as_str()),
        workers::roles.eq(serde_json::to_string(&worker.roles)?),
        workers::slots.eq(worker.slots),
        workers::models.eq(serde_json::to_string(&worker.models)?),
        workers::missing.eq(serde_json::to_string(&worker.missing)?),
        workers::started_at.eq(now.as_micros()),
        workers::heartbeat_at.eq(now.as_micros()),
    );
    each!(conn, c => diesel::insert_into(workers::table)
        .values(values)
        .on_conflict(workers::id)
        .do_update()
        .set(workers::heartbeat_at.eq(now.as_micros()))
        .execute(c))?;
    Ok(())
}

/// The workers that are alive.
pub fn alive(conn: &mut Conn, now: Timestamp) -> Result<Vec<Worker>, Error> {
    let rows: Vec<(WorkerId, String, i32, String, String)> = workers::table
        .filter(workers::heartbeat_at.gt(now.minus(GONE_AFTER).as_micros()))
        .select((workers::id, workers::roles, workers::slots, workers::models, workers::missing))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, roles, slots, models, missing)| {
            Ok(Worker {
                id,
                roles: serde_json::from_str(&roles)?,
                slots,
                models: serde_json::from_str(&models)?,
                missing: serde_json::from_str(&missing)?,
            })
        })
        .collect()
}

/// How many jobs the live workers run at once.
pub fn slots(conn: &mut Conn, now: Timestamp) -> Result<i64, Error> {
    let slots: Option<i64> = workers::table
        .filter(workers::heartbeat_at.gt(now.minus(GONE_AFTER).as_micros()))
        .select(sum(workers::slots))
        .first(conn)?;
    Ok(slots.unwrap_or(0))
}

/// Takes a worker that stops off the list.
pub fn leave(conn: &mut Conn, id: &WorkerId) -> Result<(), Error> {
    diesel::delete(workers::table.find(id.as_str())).execute(conn)?;
    Ok(())
}

/// Takes workers that are gone off the list.
pub fn forget_gone(conn: &mut Conn, now: Timestamp) -> Result<usize, Error> {
    Ok(diesel::delete(workers::table.filter(workers::heartbeat_at.le(now.minus(GONE_AFTER).as_micros())))
        .execute(conn)?)
}

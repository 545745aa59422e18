//! The database: free query functions over a connection, whose caller owns the transaction.
//!
//! Every function that takes a tenant sees that tenant's rows alone. `dialect` is the one place that knows
//! which database is behind a connection.

mod columns;
mod dialect;
mod lane;
pub mod schema;
mod task;
#[cfg(test)]
mod tests;

pub mod access_log;
pub mod api_keys;
pub mod authentications;
pub mod batches;
pub mod captures;
pub mod comparisons;
pub mod decisions;
pub mod erasures;
pub mod events;
pub mod idempotency;
pub mod images;
pub mod jobs;
pub mod report;
pub mod retention;
pub mod reviews;
pub mod runs;
pub mod step_evidence;
pub mod subjects;
pub mod tenants;
pub mod verifications;
pub mod webhooks;
pub mod workers;

use std::sync::Arc;

use lane::{Lane, Limit, Suspicion, Urgency};

use dialect::Connector;
#[cfg(feature = "testing")]
pub use dialect::offset;
pub use dialect::{Conn, Target, is_migrated, migrate, now, revert};

/// A failure of the database or of what it holds.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection could be had in time.
    #[error("failed to reach the database: {0}")]
    Unavailable(String),
    /// A URL of another kind.
    #[error("failed to read the setting `database.url`: it must begin with postgres://")]
    Address,
    /// A statement failed.
    #[error("failed to run a database statement: {0}")]
    Statement(#[from] diesel::result::Error),
    /// A stored value is not what the program wrote.
    #[error("failed to understand stored data: {0}")]
    Corrupt(String),
    /// The schema could not be changed.
    #[error("failed to migrate the database: {0}")]
    Migration(String),
    /// A guarded update met a row that had moved on; the transaction is rolled back.
    #[error("failed to finish: the job's lease is held by nobody or somebody else")]
    Fenced,
    /// A bug in a query function.
    #[error("failed to run a database operation: it panicked")]
    Panicked,
}

impl From<diesel::ConnectionError> for Error {
    fn from(cause: diesel::ConnectionError) -> Self {
        Self::Unavailable(cause.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        Self::Corrupt(cause.to_string())
    }
}

impl Error {
    /// Whether the database is away or too busy, so that trying later makes sense.
    pub fn is_unavailable(&self) -> bool {
        use diesel::result::{DatabaseErrorKind, Error as Diesel};
        const PASSING: [&str; 5] = [
            "database or disk is full",
            "disk I/O error",
            "deadlock detected",
            "canceling statement due to",
            "terminating connection due to",
        ];
        match self {
            Self::Unavailable(_) => true,
            Self::Statement(Diesel::DatabaseError(kind, info)) => {
                matches!(kind, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand)
                    || PASSING.iter().any(|text| info.message().contains(text))
            }
            Self::Statement(Diesel::BrokenTransactionManager) => true,
            _ => false,
        }
    }
}

/// The database, shared by everything in a process.
#[derive(Clone)]
pub struct Db {
    reads: Arc<Lane>,
    writes: Arc<Lane>,
}

impl Db {
    /// Opens the database; connections are made when first needed.
    pub fn open(target: &Target, pool_size: u32) -> Result<Self, Error> {
        let (suspicion, writers) = (Suspicion::default(), target.writers(pool_size));
        let read = Connector::new(target.clone(), true);
        let reads = Lane::start("read", read, pool_size, suspicion.clone())?;
        let write = Connector::new(target.clone(), false);
        let writes = Lane::start("write", write, writers, suspicion)?;
        Ok(Self { reads: Arc::new(reads), writes: Arc::new(writes) })
    }

    /// Runs queries that change nothing.
    pub async fn read<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.reads.run(Urgency::InTurn, Limit::Statement, body).await
    }

    /// Runs one transaction.
    pub async fn transaction<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.writes.run(Urgency::InTurn, Limit::Statement, |conn| dialect::transaction(conn, body)).await
    }

    /// Runs one transaction before all waiting ordinary ones: for heartbeats and finishes.
    pub async fn urgent<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.writes.run(Urgency::First, Limit::Statement, |conn| dialect::transaction(conn, body)).await
    }

    /// Takes deleted rows off the disk; `false` if somebody is still reading them.
    pub async fn scrub(&self) -> Result<bool, Error> {
        self.writes.run(Urgency::InTurn, Limit::Statement, dialect::scrub).await
    }

    /// Takes the newest migration back and names it.
    pub async fn revert(&self) -> Result<String, Error> {
        self.writes.run(Urgency::InTurn, Limit::None, revert).await
    }

    /// Applies the migrations that are missing and names them.
    pub async fn migrate(&self) -> Result<Vec<String>, Error> {
        self.writes.run(Urgency::InTurn, Limit::None, migrate).await
    }
}

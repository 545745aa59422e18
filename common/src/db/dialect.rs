//! Everything that differs between PostgreSQL and SQLite: connecting, the clock, locks, claims, migrations.

use std::path::PathBuf;

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Error;
use crate::domain::Timestamp;

const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// Production.
    Postgres(PgConnection),
    /// Embedded.
    Sqlite(SqliteConnection),
}

/// Compiles the same body once per backend, for what diesel does not offer over the enum.
macro_rules! each {
    ($conn:expr, $inner:ident => $body:expr) => {
        match $conn {
            $crate::db::Conn::Postgres($inner) => $body,
            $crate::db::Conn::Sqlite($inner) => $body,
        }
    };
}
pub(crate) use each;

/// Which database to open.
#[derive(Debug, Clone)]
pub enum Target {
    /// A PostgreSQL connection URL.
    Postgres(String),
    /// The path of an SQLite file.
    Sqlite(PathBuf),
}

impl Target {
    /// The database that a PostgreSQL URL names.
    pub fn postgres(url: &str) -> Result<Self, Error> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err(Error::Address)
    }

    /// How many statements may write at once: SQLite has one writer.
    pub fn writers(&self, pool_size: u32) -> u32 {
        match self {
            Self::Postgres(_) => pool_size,
            Self::Sqlite(_) => 1,
        }
    }
}

/// A database for one test, in a folder of its own.
#[cfg(test)]
pub(super) fn scratch(folder: &std::path::Path) -> Target {
    Target::Sqlite(folder.join("idv.sqlite"))
}

/// A database for one test on the server that `IDV_TEST_DATABASE_URL` names. `None`, with a message, without one.
#[cfg(test)]
pub(super) fn scratch_on_server() -> Option<Target> {
    let Ok(url) = std::env::var("IDV_TEST_DATABASE_URL") else {
        eprintln!("skipped: PostgreSQL, because IDV_TEST_DATABASE_URL names no server");
        return None;
    };
    let name = uuid::Uuid::now_v7().simple().to_string();
    let mut conn = PgConnection::establish(&url).unwrap();
    conn.batch_execute(&format!("CREATE DATABASE t{name}")).unwrap();
    Some(Target::Postgres(format!("{}/t{name}", url.rsplit_once('/').unwrap().0)))
}

/// Ends all connections to a database, as the restart of its server does.
#[cfg(test)]
pub(super) fn end_all_connections(target: &Target) {
    let Target::Postgres(url) = target else { return };
    let mut conn = PgConnection::establish(url).unwrap();
    conn.batch_execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .unwrap();
}

/// Opens connections.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    target: Target,
    read_only: bool,
}

impl Connector {
    /// A connector to `target`.
    pub(super) fn new(target: Target, read_only: bool) -> Self {
        Self { target, read_only }
    }

    /// Opens a connection whose statements come to an end.
    pub(super) fn connect(&self) -> Result<Conn, Error> {
        match &self.target {
            Target::Postgres(url) => {
                // Without this OpenSSL tidies up when the process ends, while other threads still use it.
                openssl_sys::init();
                let mut conn = PgConnection::establish(&with_patience(url))?;
                conn.batch_execute(
                    "SET statement_timeout = '10s'; SET lock_timeout = '8s'; SET TIME ZONE 'UTC';
                     SET idle_in_transaction_session_timeout = '10s'",
                )?;
                conn.set_instrumentation(count_statements);
                Ok(Conn::Postgres(conn))
            }
            Target::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
                conn.batch_execute(
                    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                     PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;",
                )?;
                if self.read_only {
                    conn.batch_execute("PRAGMA query_only = ON")?;
                }
                conn.set_instrumentation(count_statements);
                Ok(Conn::Sqlite(conn))
            }
        }
    }
}

/// Adds to a PostgreSQL URL what makes a lost server noticed, where it does not say otherwise: seconds to connect,
/// seconds between signs of life, and milliseconds for which data may stay unacknowledged.
fn with_patience(url: &str) -> String {
    const PARAMETERS: [(&str, &str); 6] = [
        ("connect_timeout", "5"),
        ("keepalives_idle", "10"),
        ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "15000"),
        ("application_name", "idv"),
    ];
    let mut whole = url.to_owned();
    for (name, value) in PARAMETERS.into_iter().filter(|(name, _)| !url.contains(&format!("{name}="))) {
        whole.push(if whole.contains('?') { '&' } else { '?' });
        whole.push_str(&format!("{name}={value}"));
    }
    whole
}

fn count_statements(event: InstrumentationEvent<'_>) {
    if let InstrumentationEvent::StartQuery { .. } = event {
        metrics::counter!("idv_db_statements_total").increment(1);
    }
}

impl Conn {
    /// Whether the database answers on this connection and no transaction was left half done.
    pub(super) fn is_alive(&mut self) -> bool {
        each!(self, c => diesel::sql_query("SELECT 1").execute(c)).is_ok()
    }
}

/// Runs `body` in one transaction. On SQLite it takes the write lock at once, because a later upgrade would
/// fail without waiting.
pub(super) fn transaction<T, E: From<Error>>(
    conn: &mut Conn,
    body: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    match conn {
        Conn::Postgres(_) => {
            conn.transaction(|conn| body(conn).map_err(Aborted::ByBody)).map_err(|aborted| match aborted {
                Aborted::ByBody(error) => error,
                Aborted::ByDatabase(error) => Error::from(error).into(),
            })
        }
        Conn::Sqlite(c) => {
            c.batch_execute("BEGIN IMMEDIATE").map_err(Error::from)?;
            let result = body(conn);
            let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
            if let Err(error) = conn.batch_execute(end) {
                // A failed COMMIT leaves the transaction open; only a ROLLBACK ends it.
                let _ = conn.batch_execute("ROLLBACK");
                return Err(Error::from(error).into());
            }
            result
        }
    }
}

/// Who ended a transaction without committing it.
enum Aborted<E> {
    ByBody(E),
    ByDatabase(diesel::result::Error),
}

impl<E> From<diesel::result::Error> for Aborted<E> {
    fn from(error: diesel::result::Error) -> Self {
        Self::ByDatabase(error)
    }
}

/// The database's clock, which leases are measured by. SQLite's is this machine's.
pub fn now(conn: &mut Conn) -> Result<Timestamp, Error> {
    #[derive(QueryableByName)]
    struct Clock {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        micros: i64,
    }
    let micros = match conn {
        Conn::Postgres(c) => {
            diesel::sql_query("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT AS micros")
                .get_result::<Clock>(c)?
                .micros
        }
        Conn::Sqlite(_) => jiff::Timestamp::now().as_microsecond(),
    };
    Ok(Timestamp::from_micros(micros + offset::get()))
}

/// Makes the transactions that do this for the same `purpose` come one after another, until each ends.
pub(super) fn one_at_a_time(conn: &mut Conn, purpose: i64) -> Result<(), Error> {
    match conn {
        Conn::Postgres(c) => {
            let lock = diesel::sql_query("SELECT pg_advisory_xact_lock($1)");
            lock.bind::<diesel::sql_types::BigInt, _>(purpose).execute(c)?;
            Ok(())
        }
        // It has one writer.
        Conn::Sqlite(_) => Ok(()),
    }
}

/// Lets tests move the database's clock.
#[cfg(feature = "testing")]
pub mod offset {
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    static MICROS: AtomicI64 = AtomicI64::new(0);

    /// Moves the clock of this process's connections ahead.
    pub fn advance(by: Duration) {
        MICROS.fetch_add(crate::domain::micros(by), Ordering::SeqCst);
    }

    pub(super) fn get() -> i64 {
        MICROS.load(Ordering::SeqCst)
    }
}

#[cfg(not(feature = "testing"))]
mod offset {
    pub(super) fn get() -> i64 {
        0
    }
}

/// Selects rows of `$query` (whose rows are of `$row`) and locks them until the transaction ends, passing
/// over rows that another transaction has locked. SQLite's single writer needs no row locks.
macro_rules! load_skipping_locked {
    ($conn:expr, $query:expr, $row:ty) => {
        match $conn {
            $crate::db::Conn::Postgres(c) => $query.for_update().skip_locked().load::<$row>(c),
            $crate::db::Conn::Sqlite(c) => $query.load::<$row>(c),
        }
    };
}
pub(crate) use load_skipping_locked;

/// Selects rows of `$query` that nobody may delete until the transaction ends. SQLite's single writer needs no row locks.
macro_rules! load_kept {
    ($conn:expr, $query:expr, $row:ty) => {
        match $conn {
            $crate::db::Conn::Postgres(c) => $query.for_key_share().load::<$row>(c),
            $crate::db::Conn::Sqlite(c) => $query.load::<$row>(c),
        }
    };
}
pub(crate) use load_kept;

/// Selects rows of `$query` that nobody else changes, deletes or selects so until the transaction ends; others may add
/// rows that refer to them.
macro_rules! load_held {
    ($conn:expr, $query:expr, $row:ty) => {
        match $conn {
            $crate::db::Conn::Postgres(c) => $query.for_no_key_update().load::<$row>(c),
            $crate::db::Conn::Sqlite(c) => $query.load::<$row>(c),
        }
    };
}
pub(crate) use load_held;

/// Selects one row of `$query` and locks it until the transaction ends.
macro_rules! first_locked {
    ($conn:expr, $query:expr, $row:ty) => {
        match $conn {
            $crate::db::Conn::Postgres(c) => $query.for_update().first::<$row>(c).optional(),
            $crate::db::Conn::Sqlite(c) => $query.first::<$row>(c).optional(),
        }
    };
}
pub(crate) use first_locked;

/// Takes deleted rows off the disk: SQLite keeps old pages in its write-ahead log until they are overwritten.
/// `false` if somebody is still reading them. PostgreSQL's log is the operator's to keep or to drop.
pub(super) fn scrub(conn: &mut Conn) -> Result<bool, Error> {
    #[derive(QueryableByName)]
    struct Checkpoint {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        busy: i32,
    }
    match conn {
        Conn::Postgres(_) => Ok(true),
        Conn::Sqlite(c) => {
            let done: Checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(c)?;
            Ok(done.busy == 0)
        }
    }
}

/// Applies the migrations that are missing and names them.
pub fn migrate(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let applied = match conn {
        Conn::Postgres(c) => {
            // Whoever comes second waits and finds nothing to do. Ends with the session if anything fails.
            c.batch_execute("SET statement_timeout = 0; SELECT pg_advisory_lock(74686976)")?;
            let applied = c.run_pending_migrations(POSTGRES).map(names);
            c.batch_execute("SELECT pg_advisory_unlock(74686976); SET statement_timeout = '10s'")?;
            applied
        }
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(names),
    };
    applied.map_err(|cause| Error::Migration(cause.to_string()))
}

/// Whether the schema is the one that this program was built for.
pub fn is_migrated(conn: &mut Conn) -> Result<bool, Error> {
    let pending = match conn {
        Conn::Postgres(c) => c.has_pending_migration(POSTGRES),
        Conn::Sqlite(c) => c.has_pending_migration(SQLITE),
    };
    pending.map(|pending| !pending).map_err(|cause| Error::Migration(cause.to_string()))
}

/// Takes the newest migration back.
pub fn revert(conn: &mut Conn) -> Result<String, Error> {
    let reverted = match conn {
        Conn::Postgres(c) => c.revert_last_migration(POSTGRES).map(|version| version.to_string()),
        Conn::Sqlite(c) => c.revert_last_migration(SQLITE).map(|version| version.to_string()),
    };
    reverted.map_err(|cause| Error::Migration(cause.to_string()))
}

fn names(versions: Vec<diesel::migration::MigrationVersion<'_>>) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

//! The servers that `scripts/services` started, and what they count.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use diesel::QueryableByName;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use idv_common::db::{self, Conn, Db, Target};

/// Where the servers are.
pub(crate) struct Servers {
    database: String,
    /// The broker.
    pub(crate) queue: String,
    /// The S3 server.
    pub(crate) s3: String,
    /// The folder whose folders are the buckets.
    pub(crate) buckets: PathBuf,
    /// The S3 server's key.
    pub(crate) access_key: String,
    /// Its secret.
    pub(crate) secret_key: String,
    folder: Option<PathBuf>,
    admin: Db,
}

/// What the database did so far.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Work {
    /// Statements that it ran.
    pub(crate) statements: i64,
    /// Transactions that it committed.
    pub(crate) transactions: i64,
}

/// CPU time that the servers took so far.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Cpu {
    /// PostgreSQL, all its processes.
    pub(crate) postgres: Duration,
    /// RabbitMQ.
    pub(crate) rabbitmq: Duration,
}

impl Servers {
    /// Reads what `scripts/services env` has exported.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let variable = |name: &str| {
            std::env::var(name)
                .with_context(|| format!("failed to find `{name}`: run scripts/bench-queue, which sets it"))
        };
        let database = variable("IDV_TEST_DATABASE_URL")?;
        Ok(Self {
            admin: Db::open(&Target::Postgres(database.clone()), 1)?,
            database,
            queue: variable("IDV_TEST_AMQP_URL")?,
            s3: variable("IDV_TEST_S3_ENDPOINT")?,
            buckets: variable("IDV_TEST_S3_ROOT")?.into(),
            access_key: variable("IDV_TEST_S3_ACCESS_KEY")?,
            secret_key: variable("IDV_TEST_S3_SECRET_KEY")?,
            folder: std::env::var_os("IDV_SERVICES_DIR").map(PathBuf::from),
        })
    }

    /// The URL of a database on the server.
    pub(crate) fn database_url(&self, name: &str) -> String {
        let server = self.database.rsplit_once('/').map_or(self.database.as_str(), |(server, _)| server);
        format!("{server}/{name}")
    }

    /// Makes an empty database.
    pub(crate) async fn create_database(&self, name: &str) -> anyhow::Result<()> {
        self.execute(format!("CREATE DATABASE {name}")).await
    }

    /// Removes a database, whoever is using it.
    pub(crate) async fn drop_database(&self, name: &str) -> anyhow::Result<()> {
        self.execute(format!("DROP DATABASE {name} WITH (FORCE)")).await
    }

    async fn execute(&self, sql: String) -> anyhow::Result<()> {
        Ok(self.admin.read(move |conn| Ok::<_, db::Error>(conn.batch_execute(&sql)?)).await?)
    }

    async fn query<T: QueryableByNameOnPg>(&self, sql: String) -> anyhow::Result<Vec<T>> {
        let rows = self.admin.read(move |conn| match conn {
            Conn::Postgres(c) => Ok::<_, db::Error>(diesel::sql_query(sql).load::<T>(c)?),
            Conn::Sqlite(_) => Ok(Vec::new()),
        });
        Ok(rows.await?)
    }

    /// What a database did so far. Sessions report their last second when they end.
    pub(crate) async fn work(&self, database: &str) -> anyhow::Result<Work> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            statements: i64,
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            transactions: i64,
        }
        let sql = format!(
            "SELECT COALESCE((SELECT SUM(calls) FROM pg_stat_statements s WHERE s.dbid = d.datid), 0)::BIGINT AS statements,
                    d.xact_commit AS transactions
             FROM pg_stat_database d WHERE d.datname = '{database}'"
        );
        let row = self.query::<Row>(sql).await?.pop();
        let row = row.with_context(|| format!("failed to find the database `{database}`"))?;
        Ok(Work { statements: row.statements, transactions: row.transactions })
    }

    /// The statements of a database that took the most time: how often, how long in all, and their text.
    pub(crate) async fn dearest(&self, database: &str) -> anyhow::Result<Vec<(i64, f64, String)>> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            calls: i64,
            #[diesel(sql_type = diesel::sql_types::Double)]
            milliseconds: f64,
            #[diesel(sql_type = diesel::sql_types::Text)]
            query: String,
        }
        let sql = format!(
            "SELECT calls, total_exec_time AS milliseconds, query FROM pg_stat_statements s
             JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = '{database}'
             ORDER BY total_exec_time DESC LIMIT 40"
        );
        let rows = self.query::<Row>(sql).await?;
        Ok(rows.into_iter().map(|row| (row.calls, row.milliseconds, row.query)).collect())
    }

    /// CPU time of the servers so far; `None` if it is not known which processes they are.
    pub(crate) fn cpu(&self) -> Option<Cpu> {
        let folder = self.folder.as_ref()?;
        let of = |name: &str| {
            let text = std::fs::read_to_string(folder.join(format!("{name}.pid"))).ok()?;
            Some(cpu_of_family(text.split_whitespace().next()?.parse().ok()?))
        };
        Some(Cpu { postgres: of("postgres")?, rabbitmq: of("rabbitmq")? })
    }
}

/// Rows that a query written by hand gives on PostgreSQL.
trait QueryableByNameOnPg: QueryableByName<diesel::pg::Pg> + Send + 'static {}
impl<T: QueryableByName<diesel::pg::Pg> + Send + 'static> QueryableByNameOnPg for T {}

/// CPU time of a process and of all that descend from it, the dead ones included.
pub(crate) fn cpu_of_family(root: u32) -> Duration {
    let processes: HashMap<u32, Process> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, Process::read(pid)?)))
        .collect();
    let belongs = |mut pid: u32| loop {
        if pid == root {
            return true;
        }
        match processes.get(&pid) {
            Some(process) if process.parent != 0 => pid = process.parent,
            _ => return false,
        }
    };
    processes.iter().filter(|(pid, _)| belongs(**pid)).map(|(_, process)| process.cpu).sum()
}

struct Process {
    parent: u32,
    cpu: Duration,
}

impl Process {
    fn read(pid: u32) -> Option<Self> {
        /// Clock ticks per second, as Linux reports them.
        const TICKS: u64 = 100;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may hold spaces. Then come the state, the parent, and from the twelfth
        // field on the times of the process and of the children that it waited for.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: u64 = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
        Some(Self { parent: fields.get(1)?.parse().ok()?, cpu: Duration::from_millis(ticks * 1000 / TICKS) })
    }
}

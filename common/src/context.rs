//! What a process works with. The only place that looks at the mode: embedded or production.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::sync::Notify;

use crate::auth;
use crate::blob::{self, BlobStore, Source};
use crate::config::Config;
use crate::db::{self, Db, Target, api_keys, tenants};
use crate::domain::{Facade, InvalidPolicy, JobLimits, KeyId, Policy, QueueName, TenantId, Timestamp};
use crate::keyring::{self, Keyring};
use crate::outbox::Hurry;
use crate::queue::{self, Queue};

pub use crate::config::DEFAULT_TENANT;

/// The folder of the object store in the data folder.
const OBJECTS: &str = "objects";

/// A start that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data folder cannot be made or written.
    #[error("failed to use the data folder `{folder}`: {cause}")]
    DataFolder {
        /// The folder.
        folder: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Another process uses the data folder.
    #[error(
        "failed to use the data folder `{0}`: another idv uses it; stop that one or set another `data_dir`"
    )]
    Locked(String),
    /// Settings of one mode without the others of it.
    #[error(
        "failed to start: {set} is set and {missing} is not; production mode needs `database.url`, `queue.url` and `blobs.url`, embedded mode at most `blobs.url`"
    )]
    Mixed {
        /// The settings that name a server.
        set: String,
        /// Those that do not.
        missing: String,
    },
    /// A process on its own, in embedded mode.
    #[error(
        "failed to start: processes on their own need servers to share; set `database.url`, `queue.url` and `blobs.url`, or run `idv serve`"
    )]
    NoServers,
    /// Nobody has made the tables.
    #[error("failed to use the database: its schema is older than this program; run `idv migrate` first")]
    NotMigrated,
    /// Every host needs the same master key.
    #[error("failed to start: set `keys.master` or `keys.master_file`, the same on every host")]
    NoMasterKey,
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// The object store.
    #[error(transparent)]
    Blobs(#[from] blob::Error),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] queue::Error),
    /// The master key.
    #[error(transparent)]
    Keys(#[from] keyring::Error),
    /// The policy file cannot be read.
    #[error("failed to read the policy `{path}`: {cause}")]
    PolicyFile {
        /// The file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The policy file is wrong.
    #[error("failed to use the policy `{path}`: {cause}")]
    Policy {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: InvalidPolicy,
    },
}

/// What a process works with; cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// The configuration.
    pub config: Arc<Config>,
    /// The policy that new runs are decided by.
    pub policy: Arc<Policy>,
    /// The times and counts that bound a job's life.
    pub limits: JobLimits,
    /// The database.
    pub db: Db,
    /// The object store.
    pub blobs: BlobStore,
    /// Where the files of imports over HTTP are; `None`: nowhere.
    pub imports: Option<Source>,
    /// The queue.
    pub queue: Queue,
    /// The tenants' keys.
    pub keyring: Keyring,
    /// Wakes, within this process, those who wait for a result.
    pub changed: Arc<Notify>,
    /// Wakes, within this process, the relay: a claim has made room in a queue's window.
    pub claimed: Arc<Notify>,
    /// Publishes new jobs at once.
    pub(crate) hurry: Hurry,
    mode: Mode,
    /// Held for as long as the process serves from the data folder.
    lock: Option<Arc<File>>,
}

/// Where everything is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// In the data folder and in this process.
    Embedded,
    /// On servers that any number of processes share.
    Production,
}

impl Mode {
    fn of(config: &Config) -> Result<Self, Error> {
        let settings = [
            ("`database.url`", !config.database.url.expose_secret().is_empty()),
            ("`queue.url`", !config.queue.url.expose_secret().is_empty()),
            ("`blobs.url`", !config.blobs.url.is_empty()),
        ];
        let names = |wanted: bool| {
            let names: Vec<_> =
                settings.iter().filter(|(_, set)| *set == wanted).map(|(name, _)| *name).collect();
            names.join(" and ")
        };
        match settings.map(|(_, set)| set) {
            // Objects alone may lie elsewhere.
            [false, false, _] => Ok(Self::Embedded),
            [true, true, true] => Ok(Self::Production),
            _ => Err(Error::Mixed { set: names(true), missing: names(false) }),
        }
    }
}

impl Context {
    /// Opens everything that the configuration names. Embedded mode makes what is missing; in production the
    /// servers need not be there yet, and whoever serves calls [`Context::wait_for_schema`] first.
    pub async fn connect(config: Config) -> Result<Self, Error> {
        // The one provider of the program's TLS; a second call finds it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mode = Mode::of(&config)?;
        let policy = load_policy(&config)?;
        let (db, blobs, queue) = match mode {
            Mode::Embedded => open_embedded(&config)?,
            Mode::Production => open_production(&config)?,
        };
        let context = Self {
            policy: Arc::new(policy),
            limits: job_limits(&config),
            db,
            blobs,
            imports: open_imports(&config)?,
            queue,
            keyring: Keyring::new(load_master_key(&config, mode)?),
            changed: Arc::default(),
            claimed: Arc::default(),
            hurry: Hurry::new(),
            config: Arc::new(config),
            mode,
            lock: None,
        };
        if mode == Mode::Embedded {
            context.db.migrate().await?;
        }
        Hurry::serve(&context);
        Ok(context)
    }

    /// Refuses embedded mode, for processes that do a part of the work.
    pub fn require_servers(&self) -> Result<(), Error> {
        match self.mode {
            Mode::Embedded => Err(Error::NoServers),
            Mode::Production => Ok(()),
        }
    }

    /// Waits until the database answers, at most `patience`, and checks that its schema is this program's.
    pub async fn wait_for_schema(&self, patience: Duration) -> Result<(), Error> {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            match self.db.read(db::is_migrated).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(Error::NotMigrated),
                Err(error) if tokio::time::Instant::now() > deadline => return Err(error.into()),
                Err(error) => tracing::warn!(%error, "waiting for the database"),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// The earlier systems whose interfaces are answered: all in embedded mode and none in production, unless the
    /// configuration says which.
    pub fn facades(&self) -> Vec<Facade> {
        match (&self.config.compat.systems, self.mode) {
            (Some(systems), _) => systems.clone(),
            (None, Mode::Embedded) => Facade::ALL.to_vec(),
            (None, Mode::Production) => Vec::new(),
        }
    }

    /// How long a server that is told to stop still takes connections, so that a load balancer looks elsewhere.
    pub fn drain_time(&self) -> Duration {
        match self.mode {
            Mode::Embedded => Duration::ZERO,
            Mode::Production => Duration::from_secs(self.config.server.drain_s),
        }
    }

    /// Makes this process the one that serves: in embedded mode nobody else may serve from the same data
    /// folder, and what an earlier process had in its queue is published again.
    pub async fn take_over(&mut self) -> Result<(), Error> {
        if self.queue.forgets_on_exit() {
            let folder = &self.config.data_dir;
            self.lock = Some(Arc::new(lock_folder(folder)?));
            let objects = folder.join(OBJECTS);
            if objects.is_dir() {
                BlobStore::remove_unfinished(&objects)
                    .map_err(|cause| Error::DataFolder { folder: folder.display().to_string(), cause })?;
            }
            self.db.transaction(db::jobs::forget_published).await?;
        }
        Ok(())
    }

    /// Makes the first tenant and its key at the first start; the key's text is returned once.
    pub async fn bootstrap(&self) -> Result<Option<String>, Error> {
        let keyring = self.keyring.clone();
        let key = self
            .db
            .transaction(move |conn| {
                if api_keys::count(conn)? > 0 {
                    return Ok::<_, db::Error>(None);
                }
                let now = db::now(conn)?;
                let tenant = default_tenant(conn, &keyring, now)?;
                let (id, secret) = (KeyId::generate(), auth::Secret::generate());
                api_keys::insert(conn, &id, &tenant, "first key", &secret.digest(), now)?;
                Ok(Some(secret.as_api_key(&id)))
            })
            .await?;
        Ok(key)
    }

    /// Hands a queue's due jobs to the broker without making the caller wait; the relay does it otherwise.
    pub fn publish_soon(&self, queue: QueueName) {
        // A command beside the process that serves has a queue of its own that nobody reads: what it published there
        // would be missing in the other's until it is published again.
        let is_read = !self.queue.forgets_on_exit() || self.lock.is_some();
        if is_read {
            self.hurry.ask(queue);
        }
    }

    /// Ends what the process has begun for the queue, within `limit`; for the end of a process.
    pub async fn settle(&self, limit: Duration) {
        if tokio::time::timeout(limit, self.hurry.settle()).await.is_err() {
            tracing::warn!("left new jobs to the relay: the broker is slow");
        }
    }
}

fn job_limits(config: &Config) -> JobLimits {
    let jobs = &config.jobs;
    JobLimits {
        lease: Duration::from_secs(jobs.lease_s),
        heartbeat: Duration::from_secs(jobs.heartbeat_s.max(1)),
        sweep: Duration::from_secs(jobs.sweep_s.max(1)),
        republish: Duration::from_secs(jobs.republish_s),
        ..JobLimits::default()
    }
}

/// The tenant [`DEFAULT_TENANT`], made if it is not there.
pub fn default_tenant(conn: &mut db::Conn, keyring: &Keyring, now: Timestamp) -> Result<TenantId, db::Error> {
    tenant_named(conn, keyring, DEFAULT_TENANT, now)
}

/// The tenant of that name, made if it is not there.
pub fn tenant_named(
    conn: &mut db::Conn,
    keyring: &Keyring,
    name: &str,
    now: Timestamp,
) -> Result<TenantId, db::Error> {
    if let Some(tenant) = tenants::by_name(conn, name)? {
        return Ok(tenant.id);
    }
    let id = TenantId::generate();
    if tenants::insert(conn, &id, name, &keyring.new_tenant_key(&id), now)? {
        return Ok(id);
    }
    // Another process has made it meanwhile.
    let made = tenants::by_name(conn, name)?;
    made.map(|tenant| tenant.id).ok_or_else(|| db::Error::Corrupt(format!("the tenant `{name}`")))
}

fn open_imports(config: &Config) -> Result<Option<Source>, Error> {
    match config.batch.source.as_str() {
        "" => Ok(None),
        url => Ok(Some(Source::open(url, &config.blobs)?)),
    }
}

fn open_embedded(config: &Config) -> Result<(Db, BlobStore, Queue), Error> {
    let folder = &config.data_dir;
    std::fs::create_dir_all(folder)
        .map_err(|cause| Error::DataFolder { folder: folder.display().to_string(), cause })?;
    let db = Db::open(&Target::Sqlite(folder.join("idv.sqlite")), config.database.pool_size)?;
    let blobs = match config.blobs.url.is_empty() {
        true => BlobStore::local(&folder.join(OBJECTS))?,
        false => BlobStore::open(&config.blobs)?,
    };
    Ok((db, blobs, Queue::in_process()))
}

fn open_production(config: &Config) -> Result<(Db, BlobStore, Queue), Error> {
    let target = Target::postgres(config.database.url.expose_secret())?;
    let db = Db::open(&target, config.database.pool_size)?;
    Ok((db, BlobStore::open(&config.blobs)?, Queue::rabbitmq(&config.queue)?))
}

/// Reads the policy that the configuration names, or else the built-in one.
pub fn load_policy(config: &Config) -> Result<Policy, Error> {
    let path = &config.policy.path;
    if path.as_os_str().is_empty() {
        return Ok(Policy::default());
    }
    let name = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|cause| Error::PolicyFile { path: name.clone(), cause })?;
    Policy::from_toml(&text).map_err(|cause| Error::Policy { path: name, cause })
}

fn load_master_key(config: &Config, mode: Mode) -> Result<crate::crypto::SecretKey, Error> {
    let keys = &config.keys;
    let key = if !keys.master.expose_secret().is_empty() {
        keyring::parse_master(keys.master.expose_secret(), "the setting `keys.master`")
    } else if !keys.master_file.as_os_str().is_empty() {
        keyring::master_from_file(&keys.master_file, false)
    } else if mode == Mode::Production {
        return Err(Error::NoMasterKey);
    } else {
        keyring::master_from_file(&config.data_dir.join("master.key"), true)
    };
    Ok(key?)
}

fn lock_folder(folder: &Path) -> Result<File, Error> {
    let failed = |cause| Error::DataFolder { folder: folder.display().to_string(), cause };
    let file = File::create(folder.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Locked(folder.display().to_string())),
        Err(std::fs::TryLockError::Error(cause)) => Err(failed(cause)),
    }
}

//! What a process works with. The only place that looks at the mode: embedded or production.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use secrecy::ExposeSecret;
use tokio::sync::Notify;

use crate::blob::{self, BlobStore};
use crate::config::Config;
use crate::db::{self, Db, Target, api_keys, tenants};
use crate::domain::{InvalidPolicy, JobLimits, KeyId, Policy, QueueName, TenantId};
use crate::keyring::{self, Keyring};
use crate::queue::Queue;
use crate::{auth, outbox};

/// The tenant that the first start makes.
pub const DEFAULT_TENANT: &str = "default";

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
    /// A setting that this version does not support.
    #[error("failed to start: {0}")]
    Unsupported(String),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// The object store.
    #[error(transparent)]
    Blobs(#[from] blob::Error),
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
    /// The queue.
    pub queue: Queue,
    /// The tenants' keys.
    pub keyring: Keyring,
    /// Wakes, within this process, those who wait for a result.
    pub changed: Arc<Notify>,
    /// Wakes, within this process, the relay: a claim has made room in a queue's window.
    pub claimed: Arc<Notify>,
    /// Held for as long as the process serves from the data folder.
    lock: Option<Arc<File>>,
}

impl Context {
    /// Opens everything that the configuration names. Embedded mode makes what is missing.
    pub async fn connect(config: Config) -> Result<Self, Error> {
        for (name, set) in [
            ("database.url", !config.database.url.expose_secret().is_empty()),
            ("queue.url", !config.queue.url.expose_secret().is_empty()),
            ("blobs.url", !config.blobs.url.is_empty()),
        ] {
            if set {
                let cause = format!(
                    "`{name}` asks for a server, which this version does not use yet; leave it empty"
                );
                return Err(Error::Unsupported(cause));
            }
        }
        let policy = load_policy(&config)?;
        let folder = &config.data_dir;
        std::fs::create_dir_all(folder)
            .map_err(|cause| Error::DataFolder { folder: folder.display().to_string(), cause })?;
        let db = Db::open(&Target::Sqlite(folder.join("idv.sqlite")), config.database.pool_size)?;
        let context = Self {
            policy: Arc::new(policy),
            limits: config.jobs.limits(),
            db,
            blobs: BlobStore::local(&folder.join(OBJECTS))?,
            queue: Queue::in_process(),
            keyring: Keyring::new(load_master_key(&config)?),
            changed: Arc::default(),
            claimed: Arc::default(),
            config: Arc::new(config),
            lock: None,
        };
        context.db.migrate().await?;
        Ok(context)
    }

    /// Makes this process the one that serves: in embedded mode nobody else may serve from the same data
    /// folder, and what an earlier process had in its queue is published again.
    pub async fn take_over(&mut self) -> Result<(), Error> {
        if self.queue.forgets_on_exit() {
            let folder = &self.config.data_dir;
            self.lock = Some(Arc::new(lock_folder(folder)?));
            BlobStore::remove_unfinished(&folder.join(OBJECTS))
                .map_err(|cause| Error::DataFolder { folder: folder.display().to_string(), cause })?;
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
                let tenant = match tenants::by_name(conn, DEFAULT_TENANT)? {
                    Some(tenant) => tenant.id,
                    None => {
                        let id = TenantId::generate();
                        tenants::insert(conn, &id, DEFAULT_TENANT, &keyring.new_tenant_key(&id), now)?;
                        id
                    }
                };
                let (id, secret) = (KeyId::generate(), auth::Secret::generate());
                api_keys::insert(conn, &id, &tenant, "first key", &secret.digest(), now)?;
                Ok(Some(secret.as_api_key(&id)))
            })
            .await?;
        Ok(key)
    }

    /// Hands a queue's due jobs to the broker without making the caller wait; the relay does it otherwise.
    pub fn publish_soon(&self, queue: QueueName) {
        let context = self.clone();
        tokio::spawn(async move {
            let limit = std::time::Duration::from_secs(2);
            match tokio::time::timeout(limit, outbox::publish_due(&context, queue)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::warn!(%error, "left new jobs to the relay"),
                Err(_) => tracing::warn!("left new jobs to the relay: the broker is slow"),
            }
        });
    }
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

fn load_master_key(config: &Config) -> Result<crate::crypto::SecretKey, keyring::Error> {
    let keys = &config.keys;
    if !keys.master.expose_secret().is_empty() {
        keyring::parse_master(keys.master.expose_secret(), "the setting `keys.master`")
    } else if !keys.master_file.as_os_str().is_empty() {
        keyring::master_from_file(&keys.master_file, false)
    } else {
        keyring::master_from_file(&config.data_dir.join("master.key"), true)
    }
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

//! The sections of the configuration; `default.toml` explains each setting.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

use super::CompatConfig;

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of embedded mode.
    pub data_dir: PathBuf,
    /// The HTTP server.
    pub server: ServerConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// The queue.
    pub queue: QueueConfig,
    /// The object store.
    pub blobs: BlobsConfig,
    /// The master key.
    pub keys: KeysConfig,
    /// The model files.
    pub models: ModelsConfig,
    /// The policy.
    pub policy: PolicyConfig,
    /// The jobs.
    pub jobs: JobsConfig,
    /// The worker.
    pub worker: WorkerConfig,
    /// Webhooks.
    pub webhooks: WebhooksConfig,
    /// Batches.
    pub batch: BatchConfig,
    /// The review of what no run could decide.
    pub review: ReviewConfig,
    /// Limits on what callers may ask.
    pub limits: LimitsConfig,
    /// The earlier systems whose interfaces are answered.
    pub compat: CompatConfig,
    /// Whether they may be answered without an API key beyond this machine.
    pub compat_allow_unauthenticated: bool,
}

/// The HTTP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// The address under which callers reach the server.
    pub public_url: String,
    /// Seconds between the order to stop and the last connection that is taken.
    pub drain_s: u64,
    /// Seconds that a shutdown waits for what has begun.
    pub shutdown_s: u64,
}

/// The database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// A PostgreSQL URL, or empty.
    pub url: SecretString,
    /// The file that holds it, or empty.
    pub url_file: PathBuf,
    /// Connections for reading.
    pub pool_size: u32,
}

/// The queue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueConfig {
    /// An AMQP URL, or empty.
    pub url: SecretString,
    /// The file that holds it, or empty.
    pub url_file: PathBuf,
    /// What the names of the queues begin with.
    pub prefix: String,
    /// Certificates, in PEM, that the broker's may be signed by besides the system's, or empty.
    pub ca_file: PathBuf,
}

/// The object store.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobsConfig {
    /// An object store's URL, or empty.
    pub url: String,
    /// Where the store answers, if not where its provider's stores do.
    pub endpoint: String,
    /// The region of an S3 bucket.
    pub region: String,
    /// Whether an S3 bucket is named in the path of a request instead of its host.
    pub path_style: bool,
    /// Whether the store may be spoken to without TLS.
    pub allow_http: bool,
    /// The id of the access key, or the name of the Azure account, or empty.
    pub access_key_id: String,
    /// The file that holds it, or empty.
    pub access_key_id_file: PathBuf,
    /// The secret access key, the Azure account's key or a Google service account in JSON, or empty.
    pub secret_access_key: SecretString,
    /// The file that holds it, or empty.
    pub secret_access_key_file: PathBuf,
    /// Certificates, in PEM, that the store's may be signed by besides the system's, or empty.
    pub ca_file: PathBuf,
}

/// The master key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The key itself, or empty.
    pub master: SecretString,
    /// The file that holds it, or empty.
    pub master_file: PathBuf,
}

/// The model files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelsConfig {
    /// The folder with the files.
    pub dir: PathBuf,
    /// The profile of the manifest.
    pub profile: String,
    /// A manifest that replaces the built-in one, or empty.
    pub manifest: PathBuf,
}

/// The policy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyConfig {
    /// A policy that replaces the built-in one, or empty.
    pub path: PathBuf,
}

/// The jobs' times.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobsConfig {
    /// Seconds that a claim lasts without a heartbeat.
    pub lease_s: u64,
    /// Seconds between heartbeats.
    pub heartbeat_s: u64,
    /// Seconds between searches for what was left behind.
    pub sweep_s: u64,
    /// Seconds that a published job may stay unclaimed.
    pub republish_s: u64,
    /// Days that finished jobs are kept.
    pub kept_days: u64,
}

/// The worker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerConfig {
    /// Jobs that run at once; 0: as many as there are cores.
    pub slots: usize,
    /// Where a worker process says that it lives, or empty.
    pub listen: String,
    /// The ffmpeg that decodes clips: a path, or a name in `PATH`.
    pub ffmpeg: String,
    /// What decides verifications.
    #[cfg(feature = "testing")]
    #[serde(default)]
    pub pipeline: PipelineChoice,
    /// Milliseconds that the no-op pipeline takes.
    #[cfg(feature = "testing")]
    #[serde(default)]
    pub noop_ms: u64,
}

/// What decides verifications, in builds for tests.
#[cfg(feature = "testing")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PipelineChoice {
    /// The models.
    #[default]
    Real,
    /// Nothing: every verification is `verified`, so that a test sees what the machinery costs.
    Noop,
}

impl WorkerConfig {
    /// How many jobs run at once.
    pub fn slot_count(&self) -> usize {
        match self.slots {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            slots => slots,
        }
    }
}

/// Webhooks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhooksConfig {
    /// Seconds before each attempt, counted from the one before.
    pub schedule_s: Vec<u64>,
    /// Seconds that a receiver may take to answer.
    pub timeout_s: u64,
    /// Deliveries that a process has under way at once.
    pub at_once: usize,
    /// Deliveries to one endpoint that are under way at once.
    pub per_endpoint: usize,
    /// Hours of nothing but failures after which an endpoint is disabled.
    pub disable_after_h: u64,
    /// Hours for which deliveries are signed with an old secret too.
    pub rotation_h: u64,
    /// Whether the beginning of each answer is kept.
    pub keep_response: bool,
    /// Days that finished deliveries are kept.
    pub kept_days: u64,
    /// The name server that receivers' names are asked of, or empty.
    pub dns: String,
}

/// Batches.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchConfig {
    /// Where imports over HTTP find their files: a URL, or empty.
    pub source: String,
    /// Items of one batch that are under way at once, per slot of the live workers.
    pub ahead_per_slot: i64,
}

/// The review of what no run could decide.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewConfig {
    /// Seconds for which a reviewer keeps what is claimed.
    pub claim_s: u64,
    /// Whether a decision takes two reviewers who agree.
    pub two_reviewers: bool,
}

/// Limits on what callers may ask.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// The largest image, in bytes.
    pub capture_bytes: usize,
    /// The largest clip, in bytes.
    pub clip_bytes: usize,
    /// The most pixels of an image.
    pub pixels: u64,
    /// The longest side of an image, in pixels.
    pub side_px: u32,
    /// The largest JSON body, in bytes.
    pub json_bytes: usize,
    /// Requests per second and key.
    pub rate_per_s: u32,
    /// Requests that may come at once.
    pub rate_burst: u32,
    /// Unfinished interactive jobs beyond which new ones are refused.
    pub backlog: i64,
    /// Requests that wait for a result at once.
    pub waiters: usize,
    /// The longest wait for a result, in seconds.
    pub wait_s: u64,
    /// Seconds that an upload may take.
    pub upload_s: u64,
    /// Seconds after which an object without a row is an orphan.
    pub orphan_age_s: u64,
    /// Seconds between searches for orphans.
    pub orphan_search_s: u64,
}

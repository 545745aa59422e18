//! The configuration: defaults compiled in, then a file, then the environment.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

/// The defaults, which also document every setting.
pub const DEFAULT: &str = include_str!("default.toml");

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("failed to read the configuration: {0}")]
pub struct Error(#[from] config::ConfigError);

/// The whole configuration; `default.toml` explains each setting.
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
    /// The worker.
    pub worker: WorkerConfig,
    /// Limits on what callers may ask.
    pub limits: LimitsConfig,
}

/// The HTTP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// The address under which callers reach the server.
    pub public_url: String,
    /// Seconds that a shutdown waits.
    pub shutdown_s: u64,
}

/// The database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// A PostgreSQL URL, or empty.
    pub url: SecretString,
    /// Connections for reading.
    pub pool_size: u32,
}

/// The queue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueConfig {
    /// An AMQP URL, or empty.
    pub url: SecretString,
}

/// The object store.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobsConfig {
    /// An object store's URL, or empty.
    pub url: String,
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

/// The worker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerConfig {
    /// Jobs that run at once; 0: as many as there are cores.
    pub slots: usize,
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

/// Limits on what callers may ask.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// The largest upload, in bytes.
    pub capture_bytes: usize,
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
}

impl Config {
    /// Reads the configuration from the defaults, then `file`, then the process's environment.
    pub fn load(file: Option<&Path>) -> Result<Self, Error> {
        Self::from_sources(file, std::env::vars().collect())
    }

    fn from_sources(file: Option<&Path>, environment: HashMap<String, String>) -> Result<Self, Error> {
        let mut builder =
            config::Config::builder().add_source(config::File::from_str(DEFAULT, config::FileFormat::Toml));
        if let Some(file) = file {
            builder = builder.add_source(config::File::from(file));
        }
        // Scripts and tests use variables of their own that begin with IDV_; settings have a section.
        let settings = environment
            .into_iter()
            .filter(|(name, _)| name.starts_with("IDV_") && (name.contains("__") || name == "IDV_DATA_DIR"))
            .collect();
        let environment = config::Environment::with_prefix("IDV")
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("server.listen")
            .source(Some(settings));
        Ok(builder.add_source(environment).build()?.try_deserialize()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<Config, Error> {
        let environment = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::from_sources(None, environment)
    }

    #[test]
    fn the_environment_overrides_the_defaults() {
        let config = load(&[
            ("IDV_SERVER__LISTEN", "127.0.0.1:5000,127.0.0.1:8000"),
            ("IDV_WORKER__SLOTS", "3"),
            ("IDV_DATA_DIR", "/srv/idv"),
            ("IDV_SHARED", "/elsewhere"),
        ])
        .unwrap();
        assert_eq!(config.server.listen.len(), 2);
        assert_eq!(config.worker.slot_count(), 3);
        assert_eq!(config.data_dir, Path::new("/srv/idv"));
    }

    #[test]
    fn a_setting_that_does_not_exist_is_named() {
        let message = load(&[("IDV_SERVER__PROT", "1")]).unwrap_err().to_string();
        assert!(message.contains("prot"), "{message}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = load(&[("IDV_DATABASE__URL", "postgres://idv:hunter2@db/idv")]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}

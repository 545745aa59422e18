//! Environment variables of an earlier system, `uncoin-kyc`, that stand for settings of this one.

use std::collections::HashMap;

use config::{Config, ConfigError};

/// The settings that the variables stand for. A file or a variable that names the setting itself goes before.
pub(super) fn source(environment: &HashMap<String, String>) -> Result<Config, ConfigError> {
    let mut settings = Config::builder();
    let value_of = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    if let Some(port) = value_of("PORT") {
        let port: u16 = port.parse().map_err(|_| {
            ConfigError::Message("the environment variable PORT must be a port number".to_owned())
        })?;
        settings = settings.set_override("server.listen", vec![format!("127.0.0.1:{port}")])?;
    }
    for (name, setting) in [
        ("aws_access_key_id", "blobs.access_key_id"),
        ("aws_secret_access_key", "blobs.secret_access_key"),
        ("region_name", "blobs.region"),
    ] {
        if let Some(value) = value_of(name) {
            settings = settings.set_override(setting, value.as_str())?;
        }
    }
    if let Some(bucket) = value_of("bucketName") {
        settings = settings.set_override("blobs.url", format!("s3://{bucket}"))?;
    }
    settings.build()
}

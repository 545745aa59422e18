//! The configuration: defaults compiled in, then a file, then the environment.

mod aliases;
mod compat;
mod sections;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

pub use compat::{CompatConfig, DEFAULT_TENANT};
pub use sections::*;

/// The defaults, which also document every setting.
pub const DEFAULT: &str = include_str!("default.toml");

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting does not exist or has no such value.
    #[error("failed to read the configuration: {0}")]
    Setting(#[from] config::ConfigError),
    /// A file that a setting names cannot be read.
    #[error("failed to read `{}`, which the setting `{setting}` names: {cause}", path.display())]
    File {
        /// The setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
}

impl Config {
    /// Reads the configuration from the defaults, then `file`, then the process's environment.
    pub fn load(file: Option<&Path>) -> Result<Self, Error> {
        Self::from_sources(file, std::env::vars().collect())
    }

    /// Reads the configuration from the defaults, then `file`, then `environment`.
    pub fn from_sources(file: Option<&Path>, environment: HashMap<String, String>) -> Result<Self, Error> {
        let mut builder = config::Config::builder()
            .add_source(config::File::from_str(DEFAULT, config::FileFormat::Toml))
            .add_source(aliases::source(&environment)?);
        if let Some(file) = file {
            builder = builder.add_source(compat::Tabled(config::File::from(file)));
        }
        // Scripts and tests use variables of their own that begin with IDV_; settings have a section, or are these.
        let whole = ["IDV_DATA_DIR", "IDV_COMPAT", "IDV_COMPAT_ALLOW_UNAUTHENTICATED"];
        let is_setting =
            |name: &str| name.starts_with("IDV_") && (name.contains("__") || whole.contains(&name));
        let settings = environment.into_iter().filter(|(name, _)| is_setting(name)).collect();
        let environment = config::Environment::with_prefix("IDV")
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("server.listen")
            .with_list_parse_key("webhooks.schedule_s")
            .source(Some(settings));
        let mut config: Self = builder.add_source(compat::Tabled(environment)).build()?.try_deserialize()?;
        config.read_secrets()?;
        config.compat.check_tenants().map_err(config::ConfigError::Message)?;
        Ok(config)
    }

    /// Replaces settings by the contents of the files that are named for them.
    fn read_secrets(&mut self) -> Result<(), Error> {
        let blobs = &mut self.blobs;
        for (setting, path, value) in [
            ("database.url_file", &self.database.url_file, &mut self.database.url),
            ("queue.url_file", &self.queue.url_file, &mut self.queue.url),
            ("blobs.secret_access_key_file", &blobs.secret_access_key_file, &mut blobs.secret_access_key),
        ] {
            if let Some(text) = read_secret(setting, path)? {
                *value = SecretString::from(text);
            }
        }
        if let Some(text) = read_secret("blobs.access_key_id_file", &blobs.access_key_id_file)? {
            blobs.access_key_id = text;
        }
        Ok(())
    }
}

/// The text of a file without the end of its last line; `None` if no file is named.
fn read_secret(setting: &'static str, path: &Path) -> Result<Option<String>, Error> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim_end().to_owned())),
        Err(cause) => Err(Error::File { setting, path: path.to_owned(), cause }),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

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
            ("IDV_WEBHOOKS__SCHEDULE_S", "0,1,2"),
        ])
        .unwrap();
        assert_eq!(config.webhooks.schedule_s, [0, 1, 2]);
        assert_eq!(config.server.listen.len(), 2);
        assert_eq!(config.worker.slot_count(), 3);
        assert_eq!(config.data_dir, Path::new("/srv/idv"));
    }

    #[test]
    fn the_earlier_systems_are_chosen_by_the_environment_too() {
        use crate::domain::Facade;
        let of = |pairs: &[(&str, &str)]| load(pairs).unwrap();
        assert_eq!(of(&[]).compat.systems, None);
        assert_eq!(of(&[("IDV_COMPAT", "facemetric")]).compat.systems, Some(vec![Facade::Facemetric]));
        assert_eq!(of(&[("IDV_COMPAT", "")]).compat.systems, Some(Vec::new()));
        assert!(of(&[("IDV_COMPAT__REQUIRE_KEY", "true")]).compat.require_key);
        assert!(of(&[("IDV_COMPAT_ALLOW_UNAUTHENTICATED", "true")]).compat_allow_unauthenticated);
        let config = of(&[("IDV_COMPAT__ENROLL_AUTHENTICATE__LIVENESS", "require")]);
        assert_eq!(config.compat.liveness, crate::domain::LivenessUse::Require);
    }

    #[test]
    fn a_list_of_systems_takes_nothing_else_away() {
        use crate::domain::{Facade, LivenessUse};
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        let text = "compat.require_key = true\ncompat.enroll-authenticate.liveness = \"require\"";
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        let load = |pairs: &[(&str, &str)]| {
            let environment = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            Config::from_sources(Some(file.path()), environment).unwrap().compat
        };
        let config = load(&[("IDV_COMPAT", "facemetric")]);
        assert!(config.require_key && config.liveness == LivenessUse::Require);
        assert_eq!(config.systems, Some(vec![Facade::Facemetric]));
        let config = load(&[("IDV_COMPAT", ""), ("IDV_COMPAT__ENROLL_AUTHENTICATE__LIVENESS", "off")]);
        assert!(config.require_key && config.liveness == LivenessUse::Off);
        assert_eq!(config.systems, Some(Vec::new()));
    }

    #[test]
    fn two_systems_do_not_share_a_tenant() {
        let message = |pairs: &[(&str, &str)]| load(pairs).unwrap_err().to_string();
        let shared = message(&[("IDV_COMPAT__FACEMETRIC__TENANT", "uncoin-kyc")]);
        assert!(shared.contains("facemetric") && shared.contains("uncoin-kyc"), "{shared}");
        let default = message(&[("IDV_COMPAT__FACEMETRIC__TENANT", "default")]);
        assert!(default.contains("default"), "{default}");
    }

    #[test]
    fn variables_of_an_earlier_system_are_read_unless_the_setting_itself_is_there() {
        let old = [("PORT", "5001"), ("bucketName", "photos"), ("region_name", "eu-west-3")];
        let config = load(&old).unwrap();
        assert_eq!(config.server.listen, ["127.0.0.1:5001".parse().unwrap()]);
        assert_eq!((config.blobs.url.as_str(), config.blobs.region.as_str()), ("s3://photos", "eu-west-3"));
        let config = load(&[old.as_slice(), &[("IDV_SERVER__LISTEN", "127.0.0.1:9")]].concat()).unwrap();
        assert_eq!(config.server.listen, ["127.0.0.1:9".parse().unwrap()]);
        let message = load(&[("PORT", "http")]).unwrap_err().to_string();
        assert!(message.contains("PORT"), "{message}");
    }

    #[test]
    fn a_setting_that_does_not_exist_is_named() {
        let message = load(&[("IDV_SERVER__PROT", "1")]).unwrap_err().to_string();
        assert!(message.contains("prot"), "{message}");
    }

    #[test]
    fn a_secret_may_stand_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "amqp://idv:hunter2@broker/\n").unwrap();
        let config = load(&[("IDV_QUEUE__URL_FILE", file.path().to_str().unwrap())]).unwrap();
        assert_eq!(config.queue.url.expose_secret(), "amqp://idv:hunter2@broker/");
        let message = load(&[("IDV_QUEUE__URL_FILE", "/nowhere")]).unwrap_err().to_string();
        assert!(message.contains("queue.url_file") && message.contains("/nowhere"), "{message}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = load(&[("IDV_DATABASE__URL", "postgres://idv:hunter2@db/idv")]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}

//! The section `compat`: which earlier systems' interfaces are answered, and how.

use std::collections::BTreeMap;
use std::fmt;

use config::{ConfigError, Map, Source, Value, ValueKind};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::domain::{Facade, LivenessUse};

/// The earlier systems whose interfaces are answered: a list of their names, or a table with more to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompatConfig {
    /// Those that are answered; `None`: all in embedded mode and none in production.
    pub systems: Option<Vec<Facade>>,
    /// Whether every call needs an API key.
    pub require_key: bool,
    /// What `enroll-authenticate` makes of liveness.
    pub liveness: LivenessUse,
    tenants: Vec<(Facade, String)>,
}

impl CompatConfig {
    /// The name of the tenant that a system's data belongs to.
    pub fn tenant(&self, facade: Facade) -> &str {
        let configured = self.tenants.iter().find(|(of, _)| *of == facade);
        configured.map_or(facade.as_str(), |(_, name)| name)
    }

    /// Refuses a tenant of more than one system, and the one that `/v1` begins with: whoever may call a system without a
    /// key would reach what belongs to another.
    pub(super) fn check_tenants(&self) -> Result<(), String> {
        let mut owners = BTreeMap::from([(DEFAULT_TENANT, "/v1")]);
        for facade in Facade::ALL {
            let name = self.tenant(*facade);
            if let Some(other) = owners.insert(name, facade.as_str()) {
                return Err(format!(
                    "`compat.{facade}.tenant` must be another than `{name}`, which belongs to {other}"
                ));
            }
        }
        Ok(())
    }
}

/// The tenant that the first start makes.
pub const DEFAULT_TENANT: &str = "default";

/// A source in which the list of systems is one setting of the table among others, so that it replaces none of them, and
/// the systems are spelt in one way.
#[derive(Debug, Clone)]
pub(super) struct Tabled<S>(pub S);

impl<S: Source + Clone + Send + Sync + 'static> Source for Tabled<S> {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let settings = self.0.collect()?;
        Ok(settings.into_iter().map(|(path, value)| (tabled(path, &value), value)).collect())
    }
}

fn tabled(path: String, value: &Value) -> String {
    if path == "compat" && !matches!(value.kind, ValueKind::Table(_)) {
        return "compat.systems".to_owned();
    }
    // Environment variables have no hyphens.
    let mut path = path;
    for facade in Facade::ALL {
        let name = facade.as_str();
        path = path.replace(&format!("compat.{}.", name.replace('-', "_")), &format!("compat.{name}."));
    }
    path
}

/// The section as a table.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Table {
    systems: Option<Systems>,
    #[serde(rename = "require_key")]
    require_key: bool,
    id_verification_system: System,
    uncoin_kyc: System,
    enroll_authenticate: EnrollAuthenticate,
    face_recognition_api: System,
    facemetric: System,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct System {
    tenant: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EnrollAuthenticate {
    tenant: Option<String>,
    liveness: LivenessUse,
}

impl From<Table> for CompatConfig {
    fn from(table: Table) -> Self {
        let tenants = [
            (Facade::IdVerificationSystem, table.id_verification_system.tenant),
            (Facade::UncoinKyc, table.uncoin_kyc.tenant),
            (Facade::EnrollAuthenticate, table.enroll_authenticate.tenant),
            (Facade::FaceRecognitionApi, table.face_recognition_api.tenant),
            (Facade::Facemetric, table.facemetric.tenant),
        ];
        Self {
            systems: table.systems.map(|systems| systems.0),
            require_key: table.require_key,
            liveness: table.enroll_authenticate.liveness,
            tenants: tenants.into_iter().filter_map(|(of, name)| Some((of, name?))).collect(),
        }
    }
}

/// A list of systems: as a list, or as a text with commas, as environment variables have it.
struct Systems(Vec<Facade>);

impl<'de> Deserialize<'de> for Systems {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Section).map(|config| Self(config.systems.unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for CompatConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Section)
    }
}

struct Section;

impl<'de> Visitor<'de> for Section {
    type Value = CompatConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of systems, or a table")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<CompatConfig, E> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let systems = names.map(|name| name.parse().map_err(E::custom)).collect::<Result<_, _>>()?;
        Ok(CompatConfig { systems: Some(systems), ..CompatConfig::default() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<CompatConfig, A::Error> {
        let systems = Vec::deserialize(SeqAccessDeserializer::new(list))?;
        Ok(CompatConfig { systems: Some(systems), ..CompatConfig::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<CompatConfig, A::Error> {
        Table::deserialize(MapAccessDeserializer::new(table)).map(CompatConfig::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CompatConfig, toml::de::Error> {
        #[derive(Deserialize)]
        struct Whole {
            compat: CompatConfig,
        }
        toml::from_str::<Whole>(text).map(|whole| whole.compat)
    }

    #[test]
    fn a_list_and_a_table_say_the_same() {
        let wanted = Some(vec![Facade::Facemetric, Facade::UncoinKyc]);
        assert_eq!(parse(r#"compat = ["facemetric", "uncoin-kyc"]"#).unwrap().systems, wanted);
        assert_eq!(parse(r#"compat = "facemetric, uncoin-kyc""#).unwrap().systems, wanted);
        assert_eq!(parse(r#"compat.systems = ["facemetric", "uncoin-kyc"]"#).unwrap().systems, wanted);
        assert_eq!(parse("compat = []").unwrap().systems, Some(Vec::new()));
        assert_eq!(parse("compat = {}").unwrap(), CompatConfig::default());
    }

    #[test]
    fn each_system_has_a_tenant_of_its_own() {
        let config = parse(
            "compat.enroll-authenticate = { liveness = \"require\" }\ncompat.uncoin-kyc.tenant = \"coins\"",
        )
        .unwrap();
        assert_eq!(config.liveness, LivenessUse::Require);
        assert_eq!(config.tenant(Facade::UncoinKyc), "coins");
        assert_eq!(config.tenant(Facade::Facemetric), "facemetric");
    }

    #[test]
    fn a_system_that_never_was_is_named() {
        let message = parse(r#"compat = ["facemetrik"]"#).unwrap_err().to_string();
        assert!(message.contains("facemetrik"), "{message}");
        let message = parse("compat.facemetric.tennant = \"x\"").unwrap_err().to_string();
        assert!(message.contains("tennant"), "{message}");
    }
}

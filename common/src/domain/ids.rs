//! Identifiers: a prefix that names the kind, then a UUIDv7, so that ids sort by creation time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form `{prefix}…`")]
pub struct InvalidId {
    prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema), schema(value_type = String))]
        pub struct $name(String);

        impl $name {
            /// The text before the UUID.
            pub const PREFIX: &'static str = $prefix;

            /// A new, unique id.
            pub fn generate() -> Self {
                Self(format!("{}{}", $prefix, Uuid::now_v7().simple()))
            }

            /// The id that no other made at `time` or later sorts before.
            pub fn earliest(time: $crate::domain::Timestamp) -> Self {
                let millis = u64::try_from(time.as_micros() / 1000).unwrap_or(0);
                let start = uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
                Self(format!("{}{}", $prefix, start.simple()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                match text.strip_prefix($prefix) {
                    Some(rest) if rest.len() == 32
                        && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) =>
                    {
                        Ok(Self(text.to_owned()))
                    }
                    _ => Err(InvalidId { prefix: $prefix }),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A tenant: the owner of keys, verifications and everything below them.
    TenantId = "ten_";
    /// One person's verification, from creation to its last decision.
    VerificationId = "ver_";
    /// One uploaded image or clip.
    CaptureId = "cap_";
    /// One execution of the pipeline over a verification's captures.
    RunId = "run_";
    /// One unit of background work; its row is the outbox.
    JobId = "job_";
    /// One thing that happened to a verification.
    EventId = "evt_";
    /// One comparison of two faces.
    ComparisonId = "cmp_";
    /// One person who is known by a template of the face.
    SubjectId = "sub_";
    /// One claim to be a subject.
    AuthenticationId = "aut_";
    /// One image that is kept by itself.
    ImageId = "img_";
    /// The public half of an API key.
    KeyId = "key_";
    /// A worker process, for as long as it lives.
    WorkerId = "wrk_";
    /// The proof that one claim of one job is the current one.
    LeaseToken = "lse_";
    /// One redaction and its receipt.
    ErasureId = "ers_";
    /// One receiver of events.
    EndpointId = "whe_";
    /// One secret that deliveries are signed with.
    SecretId = "whk_";
    /// One event on its way to one endpoint.
    DeliveryId = "whd_";
    /// One try at a delivery.
    AttemptId = "wha_";
    /// Many verifications that are done together.
    BatchId = "bat_";
    /// One verification of a batch.
    BatchItemId = "bti_";
    /// One decision on a verification.
    DecisionId = "dec_";
    /// What a reviewer wrote about a verification.
    NoteId = "nte_";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_being_printed_and_parsed() {
        let id = VerificationId::generate();
        assert_eq!(id.to_string().parse::<VerificationId>(), Ok(id));
    }

    #[test]
    fn ids_made_later_sort_later() {
        let ids: Vec<_> = (0..100).map(|_| JobId::generate()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn the_earliest_id_of_a_time_sorts_before_those_made_since() {
        let now = crate::domain::Timestamp::from_micros(jiff::Timestamp::now().as_microsecond());
        let made = EventId::generate();
        assert!(EventId::earliest(now) <= made);
        assert!(EventId::earliest(now.plus(std::time::Duration::from_secs(1))) > made);
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = VerificationId::generate().to_string();
        assert!(id.parse::<CaptureId>().is_err());
        assert!("ver_../../etc/passwd".parse::<VerificationId>().is_err());
    }
}

//! The fields that a caller may choose for a verification, and what they may hold.

use std::collections::BTreeMap;
use std::time::Duration;

use idv_common::domain::{Claims, FieldName, Policy, Private, ReceiverUrl};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::limits::check_reference;
use crate::problem::Problem;
use crate::webhooks::receiver;

/// The largest metadata, in bytes of JSON.
const METADATA_LEN: usize = 8192;
/// The longest that a verification may wait for its captures, in hours.
const MAX_HOURS: u32 = 720;

/// What a new verification is made with; all of it may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewVerification {
    /// The caller's own name for it, 1 to 200 characters. Erased by redaction.
    #[schema(min_length = 1, max_length = 200)]
    pub client_reference: Option<String>,
    /// The caller's own JSON object, at most 8192 bytes. Erased by redaction.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map<String, Value>>,
    /// What the document is expected to say, by field: names, numbers, dates as `YYYY-MM-DD`, sex as `F`, `M` or `X`, states as
    /// codes of ICAO 9303 part 3. Each is compared with what was read, in the sub-checks `…_expected` of
    /// `document_consistency`; one that differs fails `document_fields`. Stored encrypted, erased by redaction.
    #[schema(value_type = Option<BTreeMap<FieldName, String>>)]
    pub expected: Option<BTreeMap<FieldName, Private<String>>>,
    /// How many hours it waits for its captures, 1 to 720; the policy's number if left out.
    #[schema(minimum = 1, maximum = 720)]
    pub expires_in_hours: Option<u32>,
    /// Where this verification's events are sent besides the tenant's endpoints, signed with the secret of
    /// `GET /v1/webhook-secret`. Redaction does not erase it.
    #[schema(max_length = 2048)]
    pub webhook_url: Option<String>,
}

impl NewVerification {
    /// Refuses values that are out of bounds.
    pub(crate) fn check(self) -> Result<Self, Problem> {
        if let Some(reference) = &self.client_reference {
            check_reference(reference)?;
        }
        if self.metadata_json().is_some_and(|json| json.len() > METADATA_LEN) {
            return Err(Problem::field(
                "/metadata",
                format!("at most {METADATA_LEN} bytes of JSON are kept"),
            ));
        }
        if self.expires_in_hours.is_some_and(|hours| !(1..=MAX_HOURS).contains(&hours)) {
            return Err(Problem::field("/expires_in_hours", format!("must be 1 to {MAX_HOURS}")));
        }
        self.receiver()?;
        self.claims()?;
        Ok(self)
    }

    /// The receiver of this verification's events.
    pub(crate) fn receiver(&self) -> Result<Option<ReceiverUrl>, Problem> {
        self.webhook_url.as_deref().map(|url| receiver("/webhook_url", url)).transpose()
    }

    /// What the document is expected to say.
    pub(crate) fn claims(&self) -> Result<Claims, Problem> {
        Claims::new(self.expected.clone().unwrap_or_default())
            .map_err(|invalid| Problem::field(&format!("/expected/{}", invalid.field), invalid.why))
    }

    /// The metadata as it is stored.
    pub(crate) fn metadata_json(&self) -> Option<String> {
        self.metadata.clone().map(|map| Value::Object(map).to_string())
    }

    /// How long it waits for its captures.
    pub(crate) fn patience(&self, policy: &Policy) -> Duration {
        hours(self.expires_in_hours.unwrap_or(policy.session.expires_after_hours))
    }
}

/// A number of hours.
pub(crate) fn hours(hours: u32) -> Duration {
    Duration::from_secs(u64::from(hours) * 3600)
}

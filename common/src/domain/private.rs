//! A wrapper that keeps personal data out of logs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Personal data: text read from a document, an embedding, image bytes.
///
/// `Debug` prints only that something is there, so that no log line can hold the value by accident.
/// Serialisation is transparent: a report is stored encrypted and shown to its owner in full.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private<T>(pub T);

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[private]")
    }
}

impl<T> From<T> for Private<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> std::ops::Deref for Private<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

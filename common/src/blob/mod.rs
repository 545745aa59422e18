//! The object store: images, each encrypted under a key of its own.

mod remote;
mod sealed;
mod source;
#[cfg(test)]
mod tests;

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::crypto::SecretKey;
use crate::domain::{CaptureId, TenantId, Timestamp};
pub use sealed::BlobWriter;
pub use source::{Source, SourceError, SourceFile};

/// No access to the object store may take longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A failure of the object store or of what it holds.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store refused or could not be reached.
    #[error("failed to {action} `{key}` in the object store: {cause}")]
    Store {
        /// What was being done.
        action: &'static str,
        /// The object's key.
        key: String,
        /// What the store said.
        cause: object_store::Error,
    },
    /// The store did not answer in time.
    #[error("failed to {action} `{key}` in the object store within {} s", PATIENCE.as_secs())]
    Timeout {
        /// What was being done.
        action: &'static str,
        /// The object's key.
        key: String,
    },
    /// Settings that name no usable store.
    #[error("failed to use the setting{0}")]
    Setting(String),
    /// The object is damaged, or its key has been erased.
    #[error("failed to decrypt the object `{key}`")]
    Damaged {
        /// The object's key.
        key: String,
    },
}

impl Error {
    /// Whether the object is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Store { cause: object_store::Error::NotFound { .. }, .. })
    }

    /// Whether the store is away or refuses everything, so that trying later makes sense.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Timeout { .. } => true,
            Self::Store { .. } => !self.is_missing(),
            Self::Damaged { .. } | Self::Setting(_) => false,
        }
    }
}

/// The name of an object; there is no other way to name one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobKey {
    /// An uploaded image.
    Capture(TenantId, CaptureId),
}

impl BlobKey {
    /// The key as the store knows it.
    fn path(&self) -> Path {
        match self {
            Self::Capture(tenant, capture) => {
                Path::from_iter(["captures", tenant.as_str(), capture.as_str()])
            }
        }
    }

    fn parse(path: &Path) -> Option<Self> {
        let parts: Vec<_> = path.parts().collect();
        match parts.as_slice() {
            [prefix, tenant, capture] if prefix.as_ref() == "captures" => {
                Some(Self::Capture(tenant.as_ref().parse().ok()?, capture.as_ref().parse().ok()?))
            }
            _ => None,
        }
    }
}

/// Access to the object store.
#[derive(Clone)]
pub struct BlobStore {
    store: Arc<dyn ObjectStore>,
}

impl BlobStore {
    /// A store in a folder, which is made if need be. Every write is on disk before it counts.
    pub fn local(folder: &FilePath) -> Result<Self, Error> {
        let key = folder.display().to_string();
        let failed = |cause| Error::Store { action: "open", key: key.clone(), cause };
        std::fs::create_dir_all(folder)
            .map_err(|cause| failed(object_store::Error::Generic { store: "local", source: cause.into() }))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(failed)?;
        Ok(Self { store: Arc::new(store.with_fsync(true).with_automatic_cleanup(true)) })
    }

    /// The store that `blobs.url` names; it is reached when first used.
    pub fn open(config: &crate::config::BlobsConfig) -> Result<Self, Error> {
        Ok(Self { store: remote::open(config, &config.url, "blobs.url")? })
    }

    /// Removes what uploads into a folder left unfinished when their process died; nobody else may be writing.
    pub fn remove_unfinished(folder: &FilePath) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                Self::remove_unfinished(&entry.path())?;
            } else if entry.file_name().to_string_lossy().contains('#') {
                // The store's own mark of a staging file; no key contains it.
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Starts writing an object, encrypted under `key`. Nothing can be read before it is finished.
    pub fn writer(&self, name: &BlobKey, key: &SecretKey) -> BlobWriter {
        BlobWriter::new(self.store.clone(), name.path(), key)
    }

    /// Reads a whole object.
    pub async fn get(&self, name: &BlobKey, key: &SecretKey) -> Result<Bytes, Error> {
        let path = name.path();
        let sealed = in_time("read", &path, async { self.store.get(&path).await?.bytes().await }).await?;
        sealed::open(&sealed, key, &path).ok_or_else(|| Error::Damaged { key: path.to_string() })
    }

    /// Deletes an object; that it is gone already is success.
    pub async fn delete(&self, name: &BlobKey) -> Result<(), Error> {
        let path = name.path();
        match in_time("delete", &path, self.store.delete(&path)).await {
            Err(error) if error.is_missing() => Ok(()),
            result => result,
        }
    }

    /// The captures last written before `cutoff`, for the search for orphans.
    pub async fn captures_before(&self, cutoff: Timestamp) -> Result<Vec<(TenantId, CaptureId)>, Error> {
        let prefix = Path::from("captures");
        let mut objects = self.store.list(Some(&prefix));
        let mut found = Vec::new();
        // The time to answer is that of a page of the list and not of all of it.
        loop {
            let object = match in_time("list", &prefix, objects.try_next()).await {
                Ok(Some(object)) => object,
                Ok(None) => return Ok(found),
                // Some servers know no prefix before its first object.
                Err(error) if error.is_missing() => return Ok(found),
                Err(error) => return Err(error),
            };
            if object.last_modified.timestamp_micros() < cutoff.as_micros()
                && let Some(BlobKey::Capture(tenant, capture)) = BlobKey::parse(&object.location)
            {
                found.push((tenant, capture));
            }
        }
    }

    /// Whether the store answers, has the bucket and lets us in.
    pub async fn ping(&self) -> Result<(), Error> {
        // A list of nothing: the head of a missing object looks the same when the bucket is missing.
        let path = Path::from("readiness");
        in_time("probe", &path, self.store.list_with_delimiter(Some(&path))).await.map(drop)
    }
}

async fn in_time<T>(
    action: &'static str,
    path: &Path,
    work: impl Future<Output = object_store::Result<T>>,
) -> Result<T, Error> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(result) => result.map_err(|cause| Error::Store { action, key: path.to_string(), cause }),
        Err(_) => Err(Error::Timeout { action, key: path.to_string() }),
    }
}

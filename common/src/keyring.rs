//! The keys of the tenants, opened with the master key and kept for as long as the process lives.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::{CannotOpen, SecretKey};
use crate::db::{self, Conn, tenants};
use crate::domain::TenantId;

/// A master key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read or made.
    #[error("failed to read the master key `{path}`: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The text is not 32 bytes in base64.
    #[error("failed to use the master key from {origin}: it must be 32 bytes in base64")]
    Malformed {
        /// Where it came from.
        origin: String,
    },
}

/// A tenant's key that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TenantKeyError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
    /// There is no such tenant.
    #[error("failed to find the tenant `{0}`")]
    Unknown(TenantId),
    /// The master key is another one than the tenant was made with.
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
}

/// Opens and remembers the tenants' keys.
#[derive(Clone)]
pub struct Keyring {
    master: SecretKey,
    opened: Arc<RwLock<HashMap<TenantId, SecretKey>>>,
}

impl Keyring {
    /// A keyring under this master key.
    pub fn new(master: SecretKey) -> Self {
        Self { master, opened: Arc::default() }
    }

    /// A new tenant's key, wrapped for its row.
    pub fn new_tenant_key(&self, tenant: &TenantId) -> Vec<u8> {
        self.master.wrap(&SecretKey::generate(), &context(tenant))
    }

    /// A tenant's key.
    pub fn tenant(&self, conn: &mut Conn, id: &TenantId) -> Result<SecretKey, TenantKeyError> {
        if let Some(key) = self.opened.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(key.clone());
        }
        let row = tenants::get(conn, id)?.ok_or_else(|| TenantKeyError::Unknown(id.clone()))?;
        let key = self.master.unwrap(&row.wrapped_key, &context(id))?;
        self.opened.write().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), key.clone());
        Ok(key)
    }
}

fn context(tenant: &TenantId) -> String {
    format!("tenant|{tenant}")
}

/// Reads a master key from its text: 32 bytes in base64.
pub fn parse_master(text: &str, origin: &str) -> Result<SecretKey, Error> {
    STANDARD
        .decode(text.trim())
        .ok()
        .and_then(|bytes| SecretKey::from_bytes(&bytes))
        .ok_or_else(|| Error::Malformed { origin: origin.to_owned() })
}

/// A new master key's text.
pub fn generate_master() -> String {
    STANDARD.encode(SecretKey::generate().expose())
}

/// Reads the master key from a file, making it (mode 0600) if there is none and `create` is set.
pub fn master_from_file(path: &Path, create: bool) -> Result<SecretKey, Error> {
    let failed = |cause| Error::File { path: path.display().to_string(), cause };
    match File::open(path) {
        Ok(mut file) => {
            let mut text = String::new();
            file.read_to_string(&mut text).map_err(failed)?;
            parse_master(&text, &path.display().to_string())
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && create => {
            let key = SecretKey::generate();
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
            writeln!(file, "{}", STANDARD.encode(key.expose())).map_err(failed)?;
            file.sync_all().map_err(failed)?;
            Ok(key)
        }
        Err(cause) => Err(failed(cause)),
    }
}

//! Encryption at rest: a key per object or row, wrapped by its tenant's key, wrapped by the master key.
//!
//! XChaCha20-Poly1305 throughout: its 192-bit nonces may be drawn at random. Each ciphertext is bound to the
//! thing it belongs to, so that it cannot be passed off as another's. Dropping a wrapped key erases what it
//! sealed, in every backup too.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretSlice};

const KEY_LEN: usize = 32;
const NONCE_LEN: usize = 24;

/// A ciphertext that does not open: another key, another context, or damage.
#[derive(Debug, thiserror::Error)]
#[error("failed to decrypt {context}: the key is another one, or the data is damaged")]
pub struct CannotOpen {
    context: String,
}

/// A 256-bit key; wiped when dropped, and never printed.
#[derive(Clone)]
pub struct SecretKey(SecretSlice<u8>);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret key]")
    }
}

impl SecretKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(SecretSlice::from(random_bytes::<KEY_LEN>().to_vec()))
    }

    /// A key from its 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == KEY_LEN).then(|| Self(SecretSlice::from(bytes.to_vec())))
    }

    /// The key's bytes.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// Encrypts `plaintext` and binds it to `context`.
    #[expect(clippy::expect_used, reason = "encryption fails only beyond 256 GiB")]
    pub fn seal(&self, plaintext: &[u8], context: &str) -> Vec<u8> {
        let nonce = random_bytes::<NONCE_LEN>();
        let payload = Payload { msg: plaintext, aad: context.as_bytes() };
        let ciphertext =
            self.cipher().encrypt(&XNonce::from(nonce), payload).expect("the plaintext is short");
        [nonce.as_slice(), &ciphertext].concat()
    }

    /// Decrypts what [`SecretKey::seal`] made for the same context.
    pub fn open(&self, sealed: &[u8], context: &str) -> Result<Vec<u8>, CannotOpen> {
        let cannot = || CannotOpen { context: context.to_owned() };
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(cannot)?;
        let payload = Payload { msg: ciphertext, aad: context.as_bytes() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| cannot())
    }

    /// Encrypts another key.
    pub fn wrap(&self, key: &Self, context: &str) -> Vec<u8> {
        self.seal(key.expose(), context)
    }

    /// Decrypts another key.
    pub fn unwrap(&self, wrapped: &[u8], context: &str) -> Result<Self, CannotOpen> {
        let bytes = self.open(wrapped, context)?;
        Self::from_bytes(&bytes).ok_or_else(|| CannotOpen { context: context.to_owned() })
    }

    pub(crate) fn cipher(&self) -> XChaCha20Poly1305 {
        #[expect(clippy::expect_used, reason = "the constructors check the length")]
        let key: [u8; KEY_LEN] = self.expose().try_into().expect("a key has 32 bytes");
        XChaCha20Poly1305::new(&Key::from(key))
    }
}

/// A sealed column together with its wrapped key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// The sealed value.
    pub ciphertext: Vec<u8>,
    /// Its key, wrapped by the tenant's.
    pub wrapped_key: Vec<u8>,
}

impl SealedRow {
    /// Seals `plaintext` under a key of its own. `context` names the row.
    pub fn seal(tenant_key: &SecretKey, plaintext: &[u8], context: &str) -> Self {
        let key = SecretKey::generate();
        Self { ciphertext: key.seal(plaintext, context), wrapped_key: tenant_key.wrap(&key, context) }
    }

    /// Opens what [`SealedRow::seal`] made.
    pub fn open(&self, tenant_key: &SecretKey, context: &str) -> Result<Vec<u8>, CannotOpen> {
        tenant_key.unwrap(&self.wrapped_key, context)?.open(&self.ciphertext, context)
    }

    pub(crate) fn from_columns(ciphertext: Option<Vec<u8>>, wrapped_key: Option<Vec<u8>>) -> Option<Self> {
        Some(Self { ciphertext: ciphertext?, wrapped_key: wrapped_key? })
    }
}

/// Random bytes from the operating system.
#[expect(clippy::expect_used, reason = "without randomness no key is safe; there is nothing to fall back to")]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut bytes).expect("the system has randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_row_opens_only_for_its_own_key_and_context() {
        let key = SecretKey::generate();
        let row = SealedRow::seal(&key, b"PETERSEN", "run|run_1");
        assert_eq!(row.open(&key, "run|run_1").unwrap(), b"PETERSEN");
        assert!(row.open(&key, "run|run_2").is_err());
        assert!(row.open(&SecretKey::generate(), "run|run_1").is_err());
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let key = SecretKey::generate();
        let mut sealed = key.seal(b"data", "x");
        let last = sealed.len() - 1;
        sealed[last] ^= 1;
        assert!(key.open(&sealed, "x").is_err());
    }
}

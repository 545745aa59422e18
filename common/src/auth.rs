//! API keys and capture tokens: 256 random bits, of which only the SHA-256 is kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::crypto::random_bytes;
use crate::domain::KeyId;

/// What an API key begins with.
const PREFIX: &str = "sk_";

/// A secret that has just been made; it is shown once and not kept.
#[derive(Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// A new secret of 256 random bits.
    pub fn generate() -> Self {
        Self(SecretString::from(URL_SAFE_NO_PAD.encode(random_bytes::<32>())))
    }

    /// The secret's text.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    pub fn digest(&self) -> [u8; 32] {
        digest(self.expose())
    }

    /// The whole API key: `sk_<key id>_<secret>`.
    pub fn as_api_key(&self, id: &KeyId) -> String {
        let id = id.as_str().trim_start_matches(KeyId::PREFIX);
        format!("{PREFIX}{id}_{}", self.expose())
    }
}

/// SHA-256 of a secret's text. A secret of 256 random bits needs no slow hash.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Takes an API key apart into its public id and its secret.
pub fn parse_api_key(text: &str) -> Option<(KeyId, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    Some((format!("{}{id}", KeyId::PREFIX).parse().ok()?, secret))
}

/// Whether `secret` is the one whose digest is kept, in constant time.
pub fn matches(secret: &str, kept: &[u8]) -> bool {
    digest(secret).ct_eq(kept).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_key_comes_apart_into_what_it_was_made_of() {
        let (id, secret) = (KeyId::generate(), Secret::generate());
        let text = secret.as_api_key(&id);
        let (parsed, given) = parse_api_key(&text).unwrap();
        assert_eq!(parsed, id);
        assert!(matches(given, &secret.digest()));
        assert!(!matches("guess", &secret.digest()));
    }
}

//! Encryption of a stream of unknown length: segments of 64 KiB in the STREAM construction (Hoang,
//! Reyhanitabar, Rogaway and Vizár, 2015), so that reordering, dropping or cutting segments is noticed.

use std::sync::Arc;

use aead_stream::{DecryptorBE32, EncryptorBE32};
use bytes::{Bytes, BytesMut};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::Payload;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use tokio::io::AsyncWriteExt;

use super::{Error, in_time};
use crate::crypto::{SecretKey, random_bytes};

/// Bytes of plaintext in a segment.
const SEGMENT: usize = 64 * 1024;
/// Bytes that the authentication tag adds to a segment.
const TAG: usize = 16;
/// Bytes of the nonce that precede the segments; counter and last-segment flag make up the rest.
const NONCE: usize = 19;
/// Objects up to this size are written in one request; S3 takes no smaller parts of a larger one.
const PART: usize = 5 * 1024 * 1024;

/// An object that is being written.
pub struct BlobWriter {
    encryptor: EncryptorBE32<XChaCha20Poly1305>,
    /// What waits to be sealed: at most one segment.
    plain: BytesMut,
    /// What waits to be written, first of all the nonce.
    sealed: Bytes,
    out: BufWriter,
    path: Path,
}

impl BlobWriter {
    pub(super) fn new(store: Arc<dyn ObjectStore>, path: Path, key: &SecretKey) -> Self {
        let nonce = random_bytes::<NONCE>();
        Self {
            encryptor: EncryptorBE32::from_aead(key.cipher(), &nonce.into()),
            plain: BytesMut::with_capacity(SEGMENT),
            sealed: Bytes::copy_from_slice(&nonce),
            out: BufWriter::with_capacity(store, path.clone(), PART),
            path,
        }
    }

    /// Appends bytes.
    pub async fn write(&mut self, mut bytes: Bytes) -> Result<(), Error> {
        while !bytes.is_empty() {
            // A full segment is sealed only when more follows, because the last one is sealed differently.
            if self.plain.len() == SEGMENT {
                let segment = self.plain.split();
                let payload = Payload { msg: &segment, aad: self.path.as_ref().as_bytes() };
                let sealed = self.encryptor.encrypt_next(payload).map_err(|_| self.damaged())?;
                self.flush(sealed.into()).await?;
            }
            let taken = bytes.split_to(bytes.len().min(SEGMENT - self.plain.len()));
            self.plain.extend_from_slice(&taken);
        }
        Ok(())
    }

    /// Ends the object; from now on it can be read, and survives a loss of power.
    pub async fn finish(mut self) -> Result<(), Error> {
        let payload = Payload { msg: &self.plain, aad: self.path.as_ref().as_bytes() };
        let last = self.encryptor.encrypt_last(payload);
        let sealed = last.map_err(|_| Error::Damaged { key: self.path.to_string() })?;
        let write = async {
            self.out.put(self.sealed).await?;
            self.out.put(sealed.into()).await?;
            self.out
                .shutdown()
                .await
                .map_err(|cause| object_store::Error::Generic { store: "writer", source: cause.into() })
        };
        in_time("write", &self.path, write).await
    }

    /// Gives the object up and removes what was written of it.
    pub async fn abort(mut self) {
        if let Err(error) = in_time("abort", &self.path, self.out.abort()).await {
            tracing::warn!(%error, "left a part of an upload behind; the store's own clean-up has to take it");
        }
    }

    async fn flush(&mut self, sealed: Bytes) -> Result<(), Error> {
        let waiting = std::mem::replace(&mut self.sealed, sealed);
        in_time("write", &self.path, self.out.put(waiting)).await
    }

    fn damaged(&self) -> Error {
        Error::Damaged { key: self.path.to_string() }
    }
}

/// Decrypts a whole object; `None` if it is damaged or was sealed under another key or name.
pub(super) fn open(sealed: &[u8], key: &SecretKey, path: &Path) -> Option<Bytes> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE>()?;
    let mut decryptor = DecryptorBE32::<XChaCha20Poly1305>::from_aead(key.cipher(), &(*nonce).into());
    let aad = path.as_ref().as_bytes();
    let mut plain = BytesMut::with_capacity(body.len());
    let mut rest = body;
    while rest.len() > SEGMENT + TAG {
        let (segment, behind) = rest.split_at(SEGMENT + TAG);
        plain.extend_from_slice(&decryptor.decrypt_next(Payload { msg: segment, aad }).ok()?);
        rest = behind;
    }
    plain.extend_from_slice(&decryptor.decrypt_last(Payload { msg: rest, aad }).ok()?);
    Some(plain.freeze())
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;

    use super::*;

    async fn stored(data: &[u8], key: &SecretKey) -> Bytes {
        let store = Arc::new(InMemory::new());
        let path = Path::from("captures/a/b");
        let mut writer = BlobWriter::new(store.clone(), path.clone(), key);
        for chunk in data.chunks(10_000) {
            writer.write(Bytes::copy_from_slice(chunk)).await.unwrap();
        }
        writer.finish().await.unwrap();
        store.get(&path).await.unwrap().bytes().await.unwrap()
    }

    #[tokio::test]
    async fn objects_of_every_length_come_back_whole() {
        let key = SecretKey::generate();
        for len in [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 3 * SEGMENT + 7] {
            let data: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let sealed = stored(&data, &key).await;
            let opened = open(&sealed, &key, &Path::from("captures/a/b")).unwrap();
            assert!(opened == data, "{len} bytes");
        }
    }

    #[tokio::test]
    async fn an_object_that_was_cut_short_or_renamed_does_not_open() {
        let key = SecretKey::generate();
        let sealed = stored(&vec![7; 2 * SEGMENT], &key).await;
        let path = Path::from("captures/a/b");
        assert!(open(&sealed[..NONCE + SEGMENT + TAG], &key, &path).is_none());
        assert!(open(&sealed[..sealed.len() - 1], &key, &path).is_none());
        assert!(open(&sealed, &key, &Path::from("captures/a/c")).is_none());
    }
}

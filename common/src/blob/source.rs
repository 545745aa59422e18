//! Where the files of an import come from: a folder, or a bucket. Files are read and never written.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{Error as Cause, ObjectStore, ObjectStoreExt};
use tokio::io::AsyncReadExt;

use super::{PATIENCE, remote};
use crate::config::BlobsConfig;

/// How much of a file is read at a time.
const CHUNK: usize = 64 * 1024;

/// ENFILE and EMFILE, which have no kind of their own.
const TOO_MANY_FILES: [i32; 2] = [23, 24];

/// The setting that names a source.
const SETTING: &str = "batch.source";

/// A file that could not be read. The messages hold no name of a file: that may be a person's.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such file, or none that can be read: it will not help to try again.
    #[error("{0}")]
    Refused(&'static str),
    /// The source is away or lets nobody in.
    #[error("{0}")]
    Away(&'static str),
}

/// Where files come from; cheap to clone.
#[derive(Clone)]
pub struct Source(Place);

#[derive(Clone)]
enum Place {
    /// The files below a part of a folder.
    Folder { root: PathBuf, part: PathBuf },
    /// The objects whose names begin like this.
    Store { store: Arc<dyn ObjectStore>, prefix: String },
}

/// A file that is being read.
pub struct SourceFile(Reading);

enum Reading {
    File(tokio::fs::File),
    Object(BoxStream<'static, object_store::Result<Bytes>>),
}

impl Source {
    /// The files of a folder. Links that lead out of it are not followed.
    pub fn folder(folder: &FilePath) -> Self {
        Self(Place::Folder { root: folder.to_owned(), part: PathBuf::new() })
    }

    /// The source that the setting `batch.source` names: `file:///folder`, or a bucket like `blobs.url`, with its
    /// settings. It is reached when first used.
    pub fn open(url: &str, blobs: &BlobsConfig) -> Result<Self, super::Error> {
        match url.strip_prefix("file://") {
            Some(folder) if FilePath::new(folder).is_absolute() => Ok(Self::folder(FilePath::new(folder))),
            Some(_) => Err(remote::setting(SETTING, &format!("`{url}`: the folder has to be absolute"))),
            None => {
                Ok(Self(Place::Store { store: remote::open(blobs, url, SETTING)?, prefix: String::new() }))
            }
        }
    }

    /// The folder of that name in the source, as a source of its own: nothing beside it is read. Refused if the text
    /// is not the name of one folder.
    pub fn below(&self, name: &str) -> Result<Self, SourceError> {
        if matches!(name, "" | "." | "..") || name.chars().any(|c| matches!(c, '/' | '\\') || c.is_control())
        {
            return Err(SourceError::Refused("the tenant's name is not that of a folder"));
        }
        Ok(Self(match &self.0 {
            Place::Folder { root, part } => Place::Folder { root: root.clone(), part: part.join(name) },
            Place::Store { store, prefix } => {
                Place::Store { store: store.clone(), prefix: format!("{prefix}{name}/") }
            }
        }))
    }

    /// Begins to read a file, by its name in the source with `/` between its parts.
    pub async fn read(&self, name: &str) -> Result<SourceFile, SourceError> {
        match &self.0 {
            Place::Folder { root, part } => {
                let (root, part, name) = (root.clone(), part.clone(), name.to_owned());
                let opened = tokio::task::spawn_blocking(move || open_file(&root, &part, &name)).await;
                let file = opened.map_err(|_| SourceError::Away("the folder could not be looked at"))??;
                Ok(SourceFile(Reading::File(tokio::fs::File::from_std(file))))
            }
            Place::Store { store, prefix } => {
                let path = Path::parse(format!("{prefix}{name}"))
                    .map_err(|_| SourceError::Refused("its name names no object"))?;
                let got = in_time(store.get(&path)).await?;
                Ok(SourceFile(Reading::Object(got.into_stream())))
            }
        }
    }
}

impl SourceFile {
    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, SourceError> {
        match &mut self.0 {
            Reading::File(file) => {
                let mut chunk = BytesMut::with_capacity(CHUNK);
                let read = file.read_buf(&mut chunk).await.map_err(|cause| of_system(&cause))?;
                Ok((read > 0).then(|| chunk.freeze()))
            }
            Reading::Object(stream) => {
                let next = async { stream.next().await.transpose() };
                in_time(next).await
            }
        }
    }
}

/// Opens a file below a part of a folder, wherever its links lead within that part.
fn open_file(root: &FilePath, part: &FilePath, name: &str) -> Result<std::fs::File, SourceError> {
    let root = root.canonicalize().map_err(|_| SourceError::Away("the folder is not there"))?;
    let folder = root.join(part).canonicalize().map_err(|cause| of_system(&cause))?;
    let path = folder.join(name).canonicalize().map_err(|cause| of_system(&cause))?;
    if !path.starts_with(&folder) {
        return Err(SourceError::Refused("it lies outside the source"));
    }
    // Before it is opened: opening a pipe waits for somebody to write into it.
    if !path.metadata().map_err(|cause| of_system(&cause))?.is_file() {
        return Err(SourceError::Refused("it is not a file"));
    }
    std::fs::File::open(&path).map_err(|cause| of_system(&cause))
}

fn of_system(cause: &std::io::Error) -> SourceError {
    use std::io::ErrorKind;
    match cause.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => SourceError::Refused("it is not there"),
        ErrorKind::PermissionDenied => SourceError::Refused("it may not be read"),
        // What the machine or a network mount is short of for the moment.
        ErrorKind::Interrupted
        | ErrorKind::WouldBlock
        | ErrorKind::TimedOut
        | ErrorKind::OutOfMemory
        | ErrorKind::ResourceBusy
        | ErrorKind::StaleNetworkFileHandle
        | ErrorKind::NotConnected
        | ErrorKind::NetworkDown
        | ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable => SourceError::Away("the folder cannot be read"),
        _ if cause.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code)) => {
            SourceError::Away("too many files are open")
        }
        // A name that is too long, links in a circle, a broken disk.
        _ => SourceError::Refused("it cannot be opened or read"),
    }
}

async fn in_time<T>(work: impl Future<Output = object_store::Result<T>>) -> Result<T, SourceError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(result) => result.map_err(|cause| match cause {
            Cause::NotFound { .. } => SourceError::Refused("it is not there"),
            Cause::InvalidPath { .. } => SourceError::Refused("its name names no object"),
            Cause::PermissionDenied { .. } | Cause::Unauthenticated { .. } => {
                SourceError::Away("the object store lets nobody in; look at the settings of `blobs`")
            }
            _ => SourceError::Away("the object store failed"),
        }),
        Err(_) => Err(SourceError::Away("the object store did not answer in time")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs() -> BlobsConfig {
        crate::config::Config::load(None).unwrap().blobs
    }

    async fn read(source: &Source, name: &str) -> Result<Vec<u8>, SourceError> {
        let mut file = source.read(name).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = file.next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    #[tokio::test]
    async fn a_folder_gives_its_files_and_nothing_else() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        let folder = outside.path().join("source");
        std::fs::create_dir_all(folder.join("a")).unwrap();
        let long = vec![7; CHUNK * 2 + 1];
        std::fs::write(folder.join("a/long"), &long).unwrap();
        std::os::unix::fs::symlink(folder.join("a/long"), folder.join("within")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.join("out")).unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.join("up")).unwrap();
        std::os::unix::fs::symlink("circle", folder.join("circle")).unwrap();
        let source = Source::open(&format!("file://{}", folder.display()), &blobs()).unwrap();
        assert_eq!(read(&source, "a/long").await.unwrap(), long);
        assert_eq!(read(&source, "within").await.unwrap(), long);
        for (name, why) in [
            ("out", "it lies outside the source"),
            ("up/secret", "it lies outside the source"),
            ("../secret", "it lies outside the source"),
            ("/etc/hostname", "it lies outside the source"),
            ("a", "it is not a file"),
            ("nothing", "it is not there"),
            (&"n".repeat(300), "it cannot be opened or read"),
            ("circle", "it cannot be opened or read"),
        ] {
            let refused = read(&source, name).await;
            assert!(
                matches!(&refused, Err(SourceError::Refused(text)) if *text == why),
                "{name}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_part_of_a_source_gives_nothing_of_what_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        for tenant in ["a", "b"] {
            std::fs::create_dir(folder.path().join(tenant)).unwrap();
            std::fs::write(folder.path().join(tenant).join("file"), tenant).unwrap();
        }
        std::os::unix::fs::symlink(folder.path().join("a/file"), folder.path().join("b/link")).unwrap();
        let source = Source::folder(folder.path());
        let part = source.below("b").unwrap();
        assert_eq!(read(&part, "file").await.unwrap(), b"b");
        for name in ["a/file", "b/file", "../a/file", "link"] {
            assert!(matches!(read(&part, name).await, Err(SourceError::Refused(_))), "{name}");
        }
        let missing = read(&source.below("c").unwrap(), "file").await;
        assert!(matches!(missing, Err(SourceError::Refused("it is not there"))), "{missing:?}");
        for name in ["", ".", "..", "a/b", "a\\b", "a\0"] {
            assert!(source.below(name).is_err(), "{name:?}");
        }
        let store = Arc::new(object_store::memory::InMemory::new());
        for name in ["a/file", "b/file"] {
            store.put(&Path::from(name), name.into()).await.unwrap();
        }
        let part = Source(Place::Store { store, prefix: String::new() }).below("b").unwrap();
        assert_eq!(read(&part, "file").await.unwrap(), b"b/file");
        for name in ["a/file", "../a/file"] {
            assert!(matches!(read(&part, name).await, Err(SourceError::Refused(_))), "{name}");
        }
    }

    #[test]
    fn a_source_that_names_no_place_is_refused_by_the_name_of_its_setting() {
        for url in ["file://folder", "/folder", "http://host/", "s3://"] {
            let message = Source::open(url, &blobs()).err().unwrap().to_string();
            assert!(message.contains("batch.source"), "{url}: {message}");
        }
    }
}

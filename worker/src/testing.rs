//! What several tests need: an embedded context, the shared material beside the repository, and NumPy's archives.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use idv_common::db::jobs::{self, NewJob};
use idv_common::domain::{JobId, JobKind, QueueName};
use idv_common::{Config, Context, context, db};

/// A context in a folder of its own.
pub(crate) async fn embedded() -> (tempfile::TempDir, Context) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::load(None).unwrap();
    config.data_dir = folder.path().to_owned();
    (folder, Context::connect(config).await.unwrap())
}

/// Puts jobs on the list that are about nothing.
pub(crate) async fn enqueue(ctx: &Context, count: usize) -> Vec<JobId> {
    let keyring = ctx.keyring.clone();
    let enqueue = ctx.db.transaction(move |conn| {
        let now = db::now(conn)?;
        let tenant = &context::default_tenant(conn, &keyring, now)?;
        let new = NewJob {
            tenant,
            kind: JobKind::Erase,
            queue: QueueName::Batch,
            subject: "nothing",
            verification: None,
            traceparent: None,
        };
        (0..count).map(|_| jobs::enqueue(conn, &new, now)).collect::<Result<_, db::Error>>()
    });
    enqueue.await.unwrap()
}

/// A file or folder of the shared material, or `None` with a message when it is not there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");
    let root = std::env::var_os("IDV_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("skipped: {} is not there", found.display());
    None
}

/// An array of an `.npz` archive: its shape and its values, row-major.
pub(crate) struct Array {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

/// The `f32` arrays of an `.npz` archive by name.
pub(crate) fn read_npz(bytes: &[u8]) -> BTreeMap<String, Array> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()));
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    // The end record points to the directory, whose entries point to the members.
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
    let mut entry = u32_at(end + 16);
    let mut arrays = BTreeMap::new();
    for _ in 0..u16_at(end + 10) {
        let (method, packed, name_length) = (u16_at(entry + 10), u32_at(entry + 20), u16_at(entry + 28));
        let name = std::str::from_utf8(&bytes[entry + 46..entry + 46 + name_length]).unwrap();
        let member = u32_at(entry + 42);
        let start = member + 30 + u16_at(member + 26) + u16_at(member + 28);
        let data = &bytes[start..start + packed];
        let mut npy = Vec::new();
        match method {
            0 => npy.extend_from_slice(data),
            _ => drop(flate2::read::DeflateDecoder::new(data).read_to_end(&mut npy).unwrap()),
        }
        arrays.insert(name.trim_end_matches(".npy").to_owned(), read_npy(&npy));
        entry += 46 + name_length + u16_at(entry + 30) + u16_at(entry + 32);
    }
    arrays
}

fn read_npy(npy: &[u8]) -> Array {
    let length = usize::from(u16::from_le_bytes([npy[8], npy[9]]));
    let header = std::str::from_utf8(&npy[10..10 + length]).unwrap();
    assert!(header.contains("'<f4'") && header.contains("False"), "{header}");
    let shape = header.split_once("'shape': (").unwrap().1.split_once(')').unwrap().0;
    let shape = shape.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    let values =
        npy[10 + length..].chunks_exact(4).map(|v| f32::from_le_bytes(v.try_into().unwrap())).collect();
    Array { shape, values }
}

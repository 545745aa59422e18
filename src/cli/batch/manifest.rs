//! The items of an import from a manifest file.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, bail};
use idv_common::domain::ImportLine;
use idv_common::manifest::{BadLine, ManifestFormat, ManifestReader};

/// How much is read at once, in bytes.
const PIECE: usize = 64 * 1024;
/// How many bad lines are named.
const NAMED: usize = 10;

/// Reads a manifest; every line has to be an item.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<ImportLine>> {
    let shown = path.display();
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let format = match extension {
        "csv" => ManifestFormat::Csv,
        "jsonl" | "ndjson" => ManifestFormat::Jsonl,
        _ => bail!("failed to read the manifest `{shown}`: name it *.csv or *.jsonl"),
    };
    let failed = || format!("failed to read the manifest `{shown}`");
    let mut file = File::open(path).with_context(failed)?;
    let (mut reader, mut piece) = (ManifestReader::new(format), vec![0; PIECE]);
    let (mut lines, mut bad): (Vec<ImportLine>, Vec<BadLine>) = (Vec::new(), Vec::new());
    loop {
        let count = file.read(&mut piece).with_context(failed)?;
        let entries = match count {
            0 => std::mem::replace(&mut reader, ManifestReader::new(format)).finish(),
            count => reader.push(&piece[..count]),
        };
        for entry in entries {
            match entry {
                Ok(line) => lines.push(line),
                Err(line) => bad.push(line),
            }
        }
        if count == 0 {
            break;
        }
    }
    if !bad.is_empty() {
        let mut list = String::new();
        for line in bad.iter().take(NAMED) {
            let _ = write!(list, "\n  {line}");
        }
        bail!("failed to read the manifest `{shown}`: {} lines are not valid:{list}", bad.len());
    }
    Ok(lines)
}

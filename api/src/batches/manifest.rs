//! Manifests over HTTP: as the body, as a part of a form, or as `lines` in JSON.

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::web::Payload;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use idv_common::domain::ImportLine;
use idv_common::hex;
use idv_common::manifest::{self, BadLine, ManifestFormat, ManifestReader};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::options::{ImportOptions, Options};
use crate::form::{chunks, malformed};
use crate::json::{self, broken, collect, too_large};
use crate::problem::{Code, Problem};

/// The largest manifest, in bytes.
const MAX_BYTES: usize = 64 << 20;
/// The most items of one import.
const MAX_LINES: usize = 200_000;
/// How many bad lines are named.
const NAMED: usize = 100;

/// A manifest that was received.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// The items.
    pub lines: Vec<ImportLine>,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    bad: Vec<(Option<String>, BadLine)>,
    bad_count: usize,
}

/// The form of a body's manifest; `None` if its media type is none of a manifest's.
pub(super) fn format_of(media_type: &str) -> Option<ManifestFormat> {
    match media_type {
        "text/csv" => Some(ManifestFormat::Csv),
        "application/x-ndjson" | "application/jsonl" => Some(ManifestFormat::Jsonl),
        _ => None,
    }
}

/// Receives a manifest that is the whole body.
pub(super) async fn receive_body(format: ManifestFormat, payload: Payload) -> Result<Manifest, Problem> {
    receive(format, payload.map(|chunk| chunk.map_err(broken))).await
}

/// Receives a form with the part `manifest`, and `options` as JSON if there are any; the digests of both are for the
/// fingerprint.
pub(super) async fn receive_form(
    req: &HttpRequest,
    payload: Payload,
    json_bytes: usize,
) -> Result<(Options, Manifest, Vec<(String, String)>), Problem> {
    let mut fields = Multipart::new(req.headers(), payload);
    let (mut options, mut manifest, mut digests) = (None, None, Vec::new());
    while let Some(field) = fields.try_next().await.map_err(malformed)? {
        match field.name().unwrap_or_default() {
            "options" if options.is_none() => {
                let body = collect(chunks(field), json_bytes).await?;
                let (read, _) = json::parse::<ImportOptions>(&body)?;
                digests.push(("options".to_owned(), hex(&Sha256::digest(&body))));
                options = Some(Options::try_from(read)?);
            }
            "manifest" if manifest.is_none() => {
                let received = receive(part_format(&field)?, chunks(field)).await?;
                digests.push(("manifest".to_owned(), received.sha256.clone()));
                manifest = Some(received);
            }
            name @ ("options" | "manifest") => {
                return Err(Problem::field(&format!("/{name}"), "the part is there twice"));
            }
            name => {
                let shown: String = name.chars().take(40).collect();
                return Err(Problem::field(&format!("/{shown}"), "the part is none of: manifest, options"));
            }
        }
    }
    let manifest = manifest.ok_or_else(|| Problem::field("/manifest", "the part is missing"))?;
    let options = match options {
        Some(options) => options,
        None => Options::try_from(ImportOptions::default())?,
    };
    Ok((options, manifest, digests))
}

fn part_format(field: &Field) -> Result<ManifestFormat, Problem> {
    let told = field.content_type().and_then(|media_type| format_of(media_type.essence_str()));
    let name = field.content_disposition().and_then(|disposition| disposition.get_filename());
    let by_name = || match name?.rsplit_once('.')?.1 {
        "csv" => Some(ManifestFormat::Csv),
        "jsonl" | "ndjson" => Some(ManifestFormat::Jsonl),
        _ => None,
    };
    told.or_else(by_name).ok_or_else(|| {
        let detail = "the part has to be `text/csv` or `application/x-ndjson`, or named *.csv or *.jsonl";
        Problem::new(Code::UnsupportedMediaType, detail)
    })
}

async fn receive(
    format: ManifestFormat,
    body: impl Stream<Item = Result<Bytes, Problem>>,
) -> Result<Manifest, Problem> {
    let (mut reader, mut manifest) = (ManifestReader::new(format), Manifest::default());
    let (mut digest, mut len) = (Sha256::new(), 0);
    futures_util::pin_mut!(body);
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        len += chunk.len();
        if len > MAX_BYTES {
            return Err(too_large(MAX_BYTES));
        }
        digest.update(&chunk);
        for entry in reader.push(&chunk) {
            manifest.add(None, entry)?;
        }
    }
    for entry in reader.finish() {
        manifest.add(None, entry)?;
    }
    manifest.sha256 = hex(&digest.finalize());
    Ok(manifest)
}

impl Manifest {
    /// The manifest that `lines` in JSON stands for.
    pub(super) fn of_json(lines: Vec<Value>) -> Result<Self, Problem> {
        let mut manifest = Self::default();
        for (at, line) in lines.into_iter().enumerate() {
            let read = serde_json::from_value(line).map_err(|error| error.to_string());
            let entry = read.and_then(manifest::checked);
            let line = u64::try_from(at + 1).unwrap_or(u64::MAX);
            let entry = entry.map_err(|error| BadLine { line, error });
            manifest.add(Some(format!("/lines/{at}")), entry)?;
        }
        Ok(manifest)
    }

    /// Refuses a manifest without items, or with a line that is none.
    pub(super) fn checked(self) -> Result<Self, Problem> {
        if self.bad_count > 0 {
            let all = self.bad_count + self.lines.len();
            let detail = format!("{} of {all} lines are not valid; nothing was made", self.bad_count);
            let problem = Problem::new(Code::ManifestInvalid, detail);
            return Err(self.bad.iter().fold(problem, |problem, (pointer, bad)| {
                problem.with_error(pointer.as_deref(), Code::InvalidField.as_str(), bad.to_string())
            }));
        }
        match self.lines.is_empty() {
            true => Err(Problem::new(Code::ManifestInvalid, "the manifest names no item")),
            false => Ok(self),
        }
    }

    fn add(&mut self, pointer: Option<String>, entry: manifest::Entry) -> Result<(), Problem> {
        match entry {
            Ok(_) if self.lines.len() == MAX_LINES => {
                let detail = format!("an import has at most {MAX_LINES} items; make several");
                return Err(Problem::new(Code::ManifestInvalid, detail));
            }
            Ok(line) => self.lines.push(line),
            Err(bad) => {
                self.bad_count += 1;
                if self.bad.len() < NAMED {
                    self.bad.push((pointer, bad));
                }
            }
        }
        Ok(())
    }
}

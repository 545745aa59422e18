//! Manifests: the items of an import as text, a line of CSV or of JSON each, read as it arrives.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::domain::ImportLine;

/// The longest record, in bytes.
const MAX_RECORD: usize = 64 * 1024;
/// What some programs begin a text with.
const BOM: &[u8] = b"\xEF\xBB\xBF";
/// The columns of a CSV manifest.
const COLUMNS: &[&str] = &[
    "client_reference",
    "document_front",
    "document_back",
    "selfie",
    "selfie_clip",
    "metadata",
    "webhook_url",
];

/// How a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestFormat {
    /// CSV (RFC 4180); the first record names the columns.
    Csv,
    /// A JSON object on each line.
    Jsonl,
}

/// A record that is no item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {error}")]
pub struct BadLine {
    /// The line on which the record begins, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub error: String,
}

/// A record: an item, or what is wrong with it.
pub type Entry = Result<ImportLine, BadLine>;

/// Reads a manifest in pieces of any size. Holds no more than one record.
pub struct ManifestReader {
    format: ManifestFormat,
    header: Option<Vec<String>>,
    /// The bytes of the record that has begun.
    record: Vec<u8>,
    is_first: bool,
    is_too_long: bool,
    in_quotes: bool,
    /// The line that the record begins on, and the one that the next byte is on.
    begun: u64,
    line: u64,
    /// Whether nothing more can be understood.
    is_lost: bool,
}

impl ManifestReader {
    /// Nothing is read yet.
    pub fn new(format: ManifestFormat) -> Self {
        Self {
            format,
            header: None,
            record: Vec::new(),
            is_first: true,
            is_too_long: false,
            in_quotes: false,
            begun: 1,
            line: 1,
            is_lost: false,
        }
    }

    /// Reads further; gives the records that have ended.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for byte in bytes {
            // Two quotes in a quoted field stand for one, and open and close it as well.
            self.in_quotes ^= *byte == b'"' && self.format == ManifestFormat::Csv;
            self.line += u64::from(*byte == b'\n');
            if *byte == b'\n' && !self.in_quotes {
                entries.extend(self.end_record());
            } else if self.record.len() < MAX_RECORD {
                self.record.push(*byte);
            } else {
                self.is_too_long = true;
            }
        }
        entries
    }

    /// Ends the text, whose last record may lack the end of its line.
    pub fn finish(mut self) -> Vec<Entry> {
        let is_cut = self.in_quotes;
        let begun = self.begun;
        let last = self.end_record();
        match last {
            Some(_) if is_cut => vec![Err(bad(begun, "a quote is opened and not closed"))],
            last => last.into_iter().collect(),
        }
    }

    fn end_record(&mut self) -> Option<Entry> {
        let mut record = std::mem::take(&mut self.record);
        let begun = std::mem::replace(&mut self.begun, self.line);
        if std::mem::take(&mut self.is_first) && record.starts_with(BOM) {
            record.drain(..BOM.len());
        }
        if record.last() == Some(&b'\r') {
            record.pop();
        }
        if std::mem::take(&mut self.is_too_long) {
            return Some(Err(bad(begun, format!("a line has at most {MAX_RECORD} bytes"))));
        }
        if self.is_lost || record.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let read = match (self.format, &self.header) {
            (ManifestFormat::Jsonl, _) => read_json(&record),
            (ManifestFormat::Csv, Some(header)) => {
                fields(&record).and_then(|fields| read_csv(header, fields))
            }
            (ManifestFormat::Csv, None) => match fields(&record).and_then(check_header) {
                Ok(header) => {
                    self.header = Some(header);
                    return None;
                }
                Err(error) => {
                    self.is_lost = true;
                    Err(error)
                }
            },
        };
        Some(read.map_err(|error| bad(begun, error)))
    }
}

/// Checks an item that came in any form.
pub fn checked(line: ImportLine) -> Result<ImportLine, String> {
    line.check().map_err(|error| error.to_string())?;
    Ok(line)
}

fn bad(line: u64, error: impl Into<String>) -> BadLine {
    BadLine { line, error: error.into() }
}

fn read_json(record: &[u8]) -> Result<ImportLine, String> {
    let value: Value = serde_json::from_slice(record).map_err(|error| format!("not JSON: {error}"))?;
    if !value.is_object() {
        return Err("not a JSON object".to_owned());
    }
    checked(serde_json::from_value(value).map_err(|error| error.to_string())?)
}

fn fields(record: &[u8]) -> Result<Vec<String>, String> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).buffer_capacity(record.len().max(1)).from_reader(record);
    let mut fields = csv::StringRecord::new();
    reader.read_record(&mut fields).map_err(|error| format!("not CSV in UTF-8: {error}"))?;
    Ok(fields.iter().map(|field| field.trim().to_owned()).collect())
}

fn check_header(columns: Vec<String>) -> Result<Vec<String>, String> {
    if let Some(unknown) = columns.iter().find(|column| !COLUMNS.contains(&column.as_str())) {
        let shown: String = unknown.chars().take(40).collect();
        return Err(format!("the column `{shown}` is none of: {}", COLUMNS.join(", ")));
    }
    if columns.iter().collect::<BTreeSet<_>>().len() < columns.len() {
        return Err("a column is there twice".to_owned());
    }
    Ok(columns)
}

fn read_csv(header: &[String], fields: Vec<String>) -> Result<ImportLine, String> {
    if fields.len() != header.len() {
        return Err(format!("{} fields, but the header names {} columns", fields.len(), header.len()));
    }
    let mut item = Map::new();
    for (column, text) in header.iter().zip(fields).filter(|(_, text)| !text.is_empty()) {
        let value = match column.as_str() {
            "metadata" => {
                serde_json::from_str(&text).map_err(|error| format!("`metadata` is not JSON: {error}"))?
            }
            _ => Value::String(text),
        };
        item.insert(column.clone(), value);
    }
    checked(serde_json::from_value(item.into()).map_err(|error| error.to_string())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a text in pieces of so many bytes: the items' fronts, and what is wrong where.
    fn read(format: ManifestFormat, text: &[u8], size: usize) -> Vec<Result<ImportLine, (u64, String)>> {
        let mut reader = ManifestReader::new(format);
        let mut entries: Vec<Entry> = text.chunks(size).flat_map(|chunk| reader.push(chunk)).collect();
        entries.extend(reader.finish());
        entries.into_iter().map(|entry| entry.map_err(|bad| (bad.line, bad.error))).collect()
    }

    #[test]
    fn csv_is_read_whatever_the_pieces() {
        let text = "\u{feff}document_front,selfie,client_reference,metadata\r\n\
                    a/f.jpg,a/s.jpg,\"one, \"\"quoted\"\"\",\"{\"\"n\"\":\n1}\"\r\n\
                    \r\nb/f.jpg,b/s.jpg,,";
        for size in [1, 2, 7, 1000] {
            let items = read(ManifestFormat::Csv, text.as_bytes(), size);
            let [Ok(first), Ok(second)] = items.as_slice() else { panic!("{items:?}") };
            assert_eq!(first.document_front, "a/f.jpg");
            assert_eq!(first.client_reference.as_deref(), Some("one, \"quoted\""));
            assert_eq!(first.metadata.as_ref().unwrap()["n"], 1);
            assert_eq!((second.document_front.as_str(), &second.client_reference), ("b/f.jpg", &None));
        }
    }

    #[test]
    fn a_bad_line_is_named_by_its_number_and_the_others_are_read() {
        let text = b"document_front,selfie\na,b\nonly-one\n\"x\ny\",s\n../up,s\nc,d\n";
        let items = read(ManifestFormat::Csv, text, 3);
        let wrong: Vec<_> = items.iter().filter_map(|item| item.as_ref().err()).collect();
        assert_eq!(wrong.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 6]);
        assert_eq!(wrong[0].1, "1 fields, but the header names 2 columns");
        assert!(wrong[2].1.contains("document_front"), "{wrong:?}");
        assert_eq!(items.iter().filter(|item| item.is_ok()).count(), 2);
    }

    #[test]
    fn an_unknown_column_is_said_once() {
        let items = read(ManifestFormat::Csv, b"front,selfie\na,b\nc,d\n", 100);
        let [Err((1, error))] = items.as_slice() else { panic!("{items:?}") };
        assert!(error.starts_with("the column `front` is none of: client_reference"), "{error}");
    }

    #[test]
    fn json_lines_are_read_and_refused_one_by_one() {
        let text = b"{\"document_front\":\"f\",\"selfie\":\"s\"}\n\n[1]\n{\"document_front\":\"f\"}\n\
                     {\"document_front\":\"f\",\"selfie\":\"s\",\"x\":1}\n{\"document_front\":\"g\",\"selfie_clip\":\"c\"}";
        let items = read(ManifestFormat::Jsonl, text, 5);
        let wrong: Vec<u64> =
            items.iter().filter_map(|item| item.as_ref().err()).map(|(line, _)| *line).collect();
        assert_eq!(wrong, [3, 4, 5]);
        assert_eq!(items.last().unwrap().as_ref().unwrap().selfie_clip.as_deref(), Some("c"));
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_refused() {
        let cut = read(ManifestFormat::Csv, b"document_front,selfie\na,\"b\n", 100);
        assert_eq!(cut, [Err((2, "a quote is opened and not closed".to_owned()))]);
        let mut long = vec![b' '; MAX_RECORD + 1];
        long.extend_from_slice(b"\n{\"document_front\":\"f\",\"selfie\":\"s\"}\n");
        let items = read(ManifestFormat::Jsonl, &long, 4096);
        assert!(matches!(items.as_slice(), [Err((1, _)), Ok(_)]), "{items:?}");
    }
}

//! What the barcodes of a document say, and the check of them.

use idv_common::domain::{CaptureKind, Check, CheckName, Outcome, Private, ReasonCode, Region};
use serde_json::{Value, json};

use super::judge::Document;
use crate::pipeline::barcode::aamva::{Card, Invalid, Truncation};
use crate::pipeline::barcode::{BarcodeFinding, Symbology};

impl<'a> Document<'a> {
    /// `document_barcode`: a card of the AAMVA standard was read and has every element that its version demands.
    /// Other barcodes are evidence without a verdict: what they must hold is not known.
    pub fn judge_barcode(&self) -> Check {
        let symbols: Vec<(CaptureKind, &BarcodeFinding)> = self.symbols().collect();
        let check = Check::new(CheckName::DocumentBarcode, Outcome::NotRun);
        if symbols.is_empty() {
            return check;
        }
        let described: Vec<Value> = symbols.iter().map(|(_, symbol)| describe(symbol)).collect();
        let regions: Vec<Region> = symbols.iter().map(|(capture, symbol)| region(*capture, symbol)).collect();
        let check = check.detail("symbols", described).regions(regions);
        let unreadable = |check: Check| {
            Check { outcome: Outcome::Inconclusive, ..check }.because(ReasonCode::BarcodeUnreadable)
        };
        let Some((_, _, card)) = self.card() else {
            let is_damaged = |symbol: &BarcodeFinding| match contents(symbol) {
                Contents::Unread | Contents::Damaged(_) => true,
                Contents::Card(_) | Contents::Other => false,
            };
            let damaged = symbols.iter().any(|(_, symbol)| is_damaged(symbol));
            return if damaged { unreadable(check) } else { check };
        };
        let defects = card.defects();
        let check = check
            .detail("aamva_version", card.header.aamva_version_number)
            .detail("jurisdiction", card.jurisdiction().map(|jurisdiction| jurisdiction.code))
            .detail("country", card.country_identification().map(|country| country.code()))
            .detail("truncated", truncated(&card));
        if defects.0.is_empty() {
            return Check { outcome: Outcome::Pass, ..check };
        }
        unreadable(check).detail("missing", defects.missing()).detail("unreadable", defects.unreadable())
    }

    /// The symbol that holds a card, and the card: of several the one that lacks least.
    pub(super) fn card(&self) -> Option<(CaptureKind, &'a BarcodeFinding, Card)> {
        let cards = self.symbols().filter_map(|(capture, symbol)| match contents(symbol) {
            Contents::Card(card) => Some((capture, symbol, *card)),
            _ => None,
        });
        cards.min_by_key(|(_, _, card)| card.defects().0.len())
    }

    fn symbols(&self) -> impl Iterator<Item = (CaptureKind, &'a BarcodeFinding)> {
        self.barcodes
            .iter()
            .flat_map(|(capture, found)| found.barcodes.iter().map(move |symbol| (*capture, symbol)))
    }
}

/// What a symbol holds.
enum Contents {
    /// It was not read.
    Unread,
    /// A card of the AAMVA standard.
    Card(Box<Card>),
    /// What calls itself such a card and is none.
    Damaged(Invalid),
    /// Something else.
    Other,
}

fn contents(symbol: &BarcodeFinding) -> Contents {
    let Some(bytes) = &symbol.bytes else { return Contents::Unread };
    if symbol.symbology != Symbology::Pdf417 {
        return Contents::Other;
    }
    match Card::parse(bytes) {
        Ok(card) => Contents::Card(Box::new(card)),
        Err(Invalid::NotAamva) => Contents::Other,
        Err(invalid) => Contents::Damaged(invalid),
    }
}

fn describe(symbol: &BarcodeFinding) -> Value {
    let (contents, problem) = match contents(symbol) {
        Contents::Unread => ("unread", None),
        Contents::Card(_) => ("aamva", None),
        Contents::Damaged(invalid) => ("damaged", Some(invalid.to_string())),
        Contents::Other => ("other", None),
    };
    let mut described = json!({ "symbology": symbol.symbology.as_str(), "contents": contents });
    if let Some(problem) = problem {
        described["problem"] = problem.into();
    }
    described
}

fn region(capture: CaptureKind, symbol: &BarcodeFinding) -> Region {
    let text = |bytes: &Private<Vec<u8>>| match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    Region {
        capture,
        label: symbol.symbology.as_str().to_owned(),
        points: symbol.quad.to_pairs(),
        text: symbol.bytes.as_ref().map(|bytes| Private(text(bytes))),
        confidence: None,
    }
}

/// The identifiers of the names that were cut to fit the card.
fn truncated(card: &Card) -> Vec<&'static str> {
    let flags = card.truncations().into_iter().zip(["DCS", "DAC", "DAD"]);
    flags.filter(|(flag, _)| *flag == Some(Truncation::Truncated)).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests;

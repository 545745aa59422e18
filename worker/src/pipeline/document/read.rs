//! Reads one side of a document: where it lies and how well it shows, which way up it is, its text and its
//! machine-readable zone.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use idv_common::domain::{MrzReading, Private};
use image::RgbImage;
use serde::{Deserialize, Serialize};

use super::sheet::Sheet;
use super::variant::Variant;
use super::view::{View, rectified};
use super::zone::{Spotted, spot};
use crate::inference::text::{TextModels, luma};
use crate::inference::{Fault, Quad};
use crate::pipeline::locate::{Outline, locate};
use crate::pipeline::mrz::{self, Found, Rank};
use crate::pipeline::orientation::Turn;
use crate::pipeline::page::Page;
use crate::pipeline::quality::{self, Quality};

/// So many renderings are looked at to confirm a zone whose check digits agree but that leaves a field in doubt.
const CONFIRMATIONS: usize = 2;

/// Lower lines of print are not read, in pixels of the first rendering: what comes out is nonsense.
const LEAST_TEXT_HEIGHT: f32 = 12.0;

/// How much of a document is read. Printed text costs four times what finding and reading the zone does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The zone; printed text only where there is no zone.
    Zone,
    /// The zone and all printed text.
    Everything,
}

/// What was read on one side of a document. It depends on the pixels and the models alone. Places are in pixels
/// of the image as it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentFinding {
    /// Width and height of the image in pixels.
    pub size: [u32; 2],
    /// The document's outline; `None` if none was certain, or if the whole image could be read better.
    pub outline: Option<Outline>,
    /// How good the picture is.
    pub quality: Quality,
    /// How the image had to be turned for its text to be upright.
    pub turn: Turn,
    /// How far the lines of the turned image sloped, in degrees clockwise.
    pub slope: f32,
    /// The printed text, line by line in reading order, without the zone.
    pub text: Vec<TextFinding>,
    /// The machine-readable zone.
    pub mrz: Option<MrzFinding>,
    /// Whether there was a model to read a zone with.
    pub reads_mrz: bool,
}

/// A line of printed text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextFinding {
    /// Its characters.
    pub text: Private<String>,
    /// Its corners in reading order.
    pub quad: Quad,
    /// The mean probability of its characters, 0 to 1.
    pub confidence: f32,
}

/// A machine-readable zone and where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MrzFinding {
    /// What it says.
    pub reading: MrzReading,
    /// The corners of each line in reading order.
    pub quads: Vec<Quad>,
    /// The mean probability of its characters, 0 to 1.
    pub confidence: f32,
    /// The rendering of the page that it was read from.
    pub variant: Variant,
}

/// Reads one side of a document.
pub fn read_document(
    image: &RgbImage,
    extent: Extent,
    models: &TextModels,
) -> Result<DocumentFinding, Fault> {
    let source = Page::new(luma(image));
    let outline = locate(image);
    let mut spotted = spot(&source, models)?;
    // What the camera's slant leaves in doubt may show on the page as seen from straight above.
    if let Some(found) = spotted.take_if(|spotted| !spotted.is_settled()) {
        let page = outline.and_then(|outline| rectified(&source, &outline));
        let again = page.map(|page| spot(&page, models)).transpose()?.flatten();
        spotted = Some(found.or_better(again));
    }
    let seen = match spotted {
        Some(spotted) if spotted.is_certain() => read_around(&source, outline, spotted, extent, models),
        spotted => search(&source, outline, spotted, extent, models),
    }?;
    Ok(DocumentFinding {
        size: [image.width(), image.height()],
        outline: seen.outline,
        quality: quality::measure(image, seen.outline.as_ref()),
        turn: seen.turn,
        slope: seen.slope,
        text: seen.text,
        mrz: seen.mrz,
        reads_mrz: models.reads_mrz(),
    })
}

/// What was read, and how the page lay.
struct Seen {
    outline: Option<Outline>,
    turn: Turn,
    slope: f32,
    text: Vec<TextFinding>,
    mrz: Option<MrzFinding>,
}

/// The print about a zone that was found already: the zone tells which way up the page lies.
fn read_around(
    source: &Page,
    outline: Option<Outline>,
    zone: Spotted,
    extent: Extent,
    models: &TextModels,
) -> Result<Seen, Fault> {
    let (turn, slope) = (zone.turn, zone.slope());
    let mut outline = outline.filter(|outline| zone.lies_in(&outline.quad));
    let mut read = Vec::new();
    if extent == Extent::Everything {
        let sheet;
        (sheet, outline) = View::upright_at(source, outline, turn, models)?;
        read = text(&sheet, Some(&zone.finding), models)?;
    }
    Ok(Seen { outline, turn, slope, text: read, mrz: Some(zone.finding) })
}

/// Looks for a zone among the words of the page, and reads the print; `spotted` is a zone that leaves something open.
fn search(
    source: &Page,
    outline: Option<Outline>,
    spotted: Option<Spotted>,
    extent: Extent,
    models: &TextModels,
) -> Result<Seen, Fault> {
    let (view, outline) = View::best(source, outline, models)?;
    // Where neither the picture's bands nor any line of words is like a zone's, there is none.
    let is_likely = spotted.is_some() || view.sheet.zone.is_some() || view.sheet.hints_at_zone;
    let renderings: &[Variant] = if is_likely { &Variant::RETRIES } else { &[] };
    let View { turn, turned, sheet, .. } = view;
    let mrz = match &sheet.zone {
        Some((zone, found)) if found.is_settled() => Some(zone.clone()),
        _ => retry(&turned, &sheet, spotted, renderings, models)?,
    };
    let text = if extent == Extent::Everything || mrz.is_none() {
        text(&sheet, mrz.as_ref(), models)?
    } else {
        Vec::new()
    };
    let slope = sheet.slope + outline.map_or(0.0, |outline| outline.slope(turn));
    Ok(Seen { outline, turn, slope, text, mrz })
}

/// Looks at other renderings in turn until one shows a zone whose check digits agree without correction and that leaves
/// nothing in doubt. Otherwise it is the zone that all of them show together, or the best that one showed.
fn retry(
    turned: &Page,
    first: &Sheet,
    spotted: Option<Spotted>,
    renderings: &[Variant],
    models: &TextModels,
) -> Result<Option<MrzFinding>, Fault> {
    let mut seen: Vec<(MrzFinding, Found)> = first.zone.clone().into_iter().collect();
    seen.extend(spotted.map(|spotted| (spotted.finding, spotted.found)));
    // How many renderings are still looked at although the check digits already agree.
    let mut confirmations = if first.is_clean() { CONFIRMATIONS } else { usize::MAX };
    for &variant in renderings {
        if confirmations == 0 {
            break;
        }
        let Some(page) = variant.render(turned, first) else { continue };
        let sheet = Sheet::examine(page, variant, models)?;
        let (is_clean, is_settled) = (sheet.is_clean(), sheet.is_settled());
        seen.extend(sheet.zone);
        if is_settled {
            break;
        }
        confirmations = if is_clean { confirmations.min(CONFIRMATIONS) } else { confirmations };
        confirmations -= 1;
    }
    Ok(best_of(seen).map(|(zone, _)| zone))
}

/// The best of several readings of one zone, or what they say together if that needs no correction. What one of
/// them reads without doubt stands, except where another one is as sure of something else.
pub(super) fn best_of(mut seen: Vec<(MrzFinding, Found)>) -> Option<(MrzFinding, Found)> {
    seen.sort_by(|(_, a), (_, b)| b.rank().partial_cmp(&a.rank()).unwrap_or(Ordering::Equal));
    let voices: Vec<&Found> = seen.iter().map(|(_, found)| found).collect();
    let (mut best, mut found) = seen.first()?.clone();
    if found.is_settled() {
        let doubts = voices.iter().flat_map(|other| found.contradicted(other));
        best.reading.uncertain = doubts.collect::<BTreeSet<_>>().into_iter().collect();
    } else if voices.len() > 1
        && let Some(together) = mrz::vote(&voices).filter(Found::is_clean)
    {
        best.reading = together.reading.clone();
        best.confidence = together.confidence;
        best.variant = Variant::Combined;
        found = together;
    }
    Some((best, found))
}

impl MrzFinding {
    /// What was found in that rendering, at those places in the image as it was given.
    pub(super) fn new(found: &Found, quads: Vec<Quad>, variant: Variant) -> Self {
        Self { reading: found.reading.clone(), quads, confidence: found.confidence, variant }
    }

    /// How good it is as a reading.
    pub(super) fn rank(&self) -> Rank {
        Rank::of(&self.reading, self.confidence)
    }
}

/// The printed text of a sheet, without the lines of the zone.
fn text(sheet: &Sheet, zone: Option<&MrzFinding>, models: &TextModels) -> Result<Vec<TextFinding>, Fault> {
    let mut text = Vec::new();
    for line in sheet.lines.iter().filter(|line| line.height() >= LEAST_TEXT_HEIGHT) {
        let middle = sheet.page.to_source(line.quad()).middle();
        if zone.is_some_and(|zone| zone.quads.iter().any(|quad| quad.contains(middle))) {
            continue;
        }
        if let Some(read) = models.read_line(&sheet.page.image, line)? {
            text.push(TextFinding {
                text: Private(read.text),
                quad: sheet.page.to_source(read.quad),
                confidence: read.confidence,
            });
        }
    }
    Ok(text)
}

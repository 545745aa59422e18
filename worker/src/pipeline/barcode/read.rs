//! Finds and reads the barcodes on one side of a document.

use idv_common::domain::Private;
use image::imageops::{self, FilterType};
use image::{GrayImage, RgbImage};
use rxing::common::BitMatrix;
use serde::{Deserialize, Serialize};

use super::areas::{self, Area};
use super::look::Look;
use super::strip::Strip;
use super::{binary, pdf417, qr};
use crate::inference::text::luma;
use crate::inference::{Point, Quad};

/// A kind of barcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symbology {
    /// PDF417, ISO/IEC 15438: on the back of the cards of North America.
    Pdf417,
    /// QR code, ISO/IEC 18004.
    QrCode,
}

impl Symbology {
    /// Its name in a report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf417 => "pdf417",
            Self::QrCode => "qr_code",
        }
    }
}

/// The barcodes on one side of a document. They depend on the pixels alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BarcodesFinding {
    /// Each of them.
    pub barcodes: Vec<BarcodeFinding>,
}

/// A barcode and what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BarcodeFinding {
    /// Its kind.
    pub symbology: Symbology,
    /// Its corners in pixels of the image, from where it begins.
    pub quad: Quad,
    /// The bytes that it encodes; `None` if it was seen and cannot be read. Stored as one character a byte.
    #[serde(with = "characters")]
    pub bytes: Option<Private<Vec<u8>>>,
}

/// Areas are reduced to this length in pixels.
const FITTING: f32 = 1200.0;
/// The longer side of the whole page when it is looked at, in pixels: at most, and it is enlarged below the other.
const LONGEST_PAGE: u32 = 1800;
const SMALL_PAGE: u32 = 800;
/// A symbol of a licence is about so many modules long.
const MODULES: f32 = 340.0;
/// Areas are enlarged to this length in pixels at most.
const LONGEST_STRIP: f32 = 2000.0;
/// How many rows of an area are sampled, and how often two of them change between black and white at least. A PDF417
/// of one column has 41 edges in a row.
const SAMPLED_ROWS: u32 = 9;
const LEAST_CHANGES: usize = 24;
/// How an area is looked at: how many times its fitting scale, and in which rendering. The first ones find what
/// there is; the others are for a symbol that was seen.
const FIRST: [(f32, Rendering); 4] =
    [(1.0, Rendering::Mean), (1.0, Rendering::Sharpened), (2.0, Rendering::Mean), (2.0, Rendering::Sharpest)];
const FURTHER: [(f32, Rendering); 5] = [
    (1.0, Rendering::Midpoint),
    (2.0, Rendering::Midpoint),
    (2.0, Rendering::Sharpened),
    (3.0, Rendering::Mean),
    (3.0, Rendering::Sharpened),
];

/// Finds and reads the barcodes of a picture. What cannot be read is no fault: the library's panics end here.
pub fn read_barcodes(image: &RgbImage) -> BarcodesFinding {
    let source = luma(image);
    let page = Page::of(&source);
    let mut symbols = Vec::new();
    for area in areas::find_areas(&source) {
        if let Some(look) = read_area(&source, &area) {
            keep(&mut symbols, look);
        }
    }
    if symbols.iter().all(|look| look.bytes.is_none())
        && let Some(look) = page.pdf417()
    {
        keep(&mut symbols, look);
    }
    let finding = |symbology: Symbology| {
        move |look: Look| BarcodeFinding { symbology, quad: look.quad, bytes: look.bytes.map(Private) }
    };
    let mut barcodes: Vec<BarcodeFinding> = symbols.into_iter().map(finding(Symbology::Pdf417)).collect();
    barcodes.extend(page.qr_codes().map(finding(Symbology::QrCode)));
    BarcodesFinding { barcodes }
}

/// The whole picture in black and white, of a handy size.
struct Page {
    bits: Option<BitMatrix>,
    /// How many pixels of the source one of it is.
    scale: f32,
}

impl Page {
    fn of(source: &GrayImage) -> Self {
        let longest = source.width().max(source.height());
        if longest < SMALL_PAGE {
            let (width, height) = (2 * source.width(), 2 * source.height());
            let enlarged = imageops::resize(source, width, height, FilterType::Triangle);
            return Self { bits: binary::by_mean(&enlarged), scale: 0.5 };
        }
        let factor = longest.div_ceil(LONGEST_PAGE).max(1);
        Self { bits: binary::by_mean(&areas::reduced(source, factor)), scale: factor as f32 }
    }

    /// A PDF417 whose area was not found: rows may be so flat that they hide the bars.
    fn pdf417(&self) -> Option<Look> {
        let bits = self.bits.as_ref()?;
        let read = |look: &Look| look.bytes.is_some();
        let upright = pdf417::look(bits).filter(read);
        let look = upright.or_else(|| {
            let mut turned = bits.clone();
            turned.rotate90();
            let right = bits.width() as f32 - 1.0;
            let back = |point: Point| Point::new(right - point.y, point.x);
            pdf417::look(&turned).filter(read).map(|look| look.placed(back))
        });
        look.map(|look| look.placed(|point| self.to_source(point)))
    }

    fn qr_codes(&self) -> impl Iterator<Item = Look> {
        let looks = self.bits.as_ref().map(qr::look).unwrap_or_default();
        looks.into_iter().map(|look| look.placed(|point| self.to_source(point)))
    }

    /// Pixel centres are whole numbers, so the edges lie half a pixel further out.
    fn to_source(&self, point: Point) -> Point {
        Point::new((point.x + 0.5) * self.scale - 0.5, (point.y + 0.5) * self.scale - 0.5)
    }
}

/// Adds a symbol unless it is known; one that was read takes the place of the same one unread.
fn keep(looks: &mut Vec<Look>, look: Look) {
    match looks.iter().position(|known| known.overlaps(&look)) {
        None => looks.push(look),
        Some(known) if looks[known].bytes.is_none() && look.bytes.is_some() => looks[known] = look,
        Some(_) => {}
    }
}

/// Looks at an area of parallel bars at several scales, in several renderings, until it is read.
fn read_area(source: &GrayImage, area: &Area) -> Option<Look> {
    let corners = area.corners();
    let fitting = (FITTING / area.length).min(1.0);
    let length = area.length * fitting;
    let mut seen: Option<Look> = None;
    for (index, (times, rendering)) in FIRST.into_iter().chain(FURTHER).enumerate() {
        if index >= FIRST.len() && seen.is_none() {
            break;
        }
        // Enlarging what is large already costs much and shows no more.
        let times = if length * times > LONGEST_STRIP { 1.0 } else { times };
        let module = length / MODULES * times;
        let rendered = |quad: &Quad| Rendered::of(source, quad, fitting * times, rendering, module);
        let Some(first) = rendered(&corners) else { continue };
        if rendering == Rendering::Sharpened && seen.is_none() && !first.is_busy() {
            return None;
        }
        let Some(found) = first.look() else { continue };
        if found.bytes.is_some() {
            return Some(found);
        }
        // The symbol's own corners straighten what leans over.
        let straightened = rendered(&found.quad).and_then(|again| again.look());
        if straightened.as_ref().is_some_and(|found| found.bytes.is_some()) {
            return straightened;
        }
        seen.get_or_insert(found);
    }
    seen
}

/// How an area is made black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rendering {
    /// By the mean of the surroundings.
    Mean,
    /// By the middle between the darkest and the brightest of the surroundings.
    Midpoint,
    /// Sharpened across the bars, and then by the middle.
    Sharpened,
    /// Sharpened across the bars as much as a blur of most of a module needs, and then by the middle.
    Sharpest,
}

/// A quadrilateral of the source, straightened and made black and white.
struct Rendered {
    strip: Strip,
    bits: BitMatrix,
}

impl Rendered {
    /// The modules of a symbol become about `module` pixels wide.
    fn of(source: &GrayImage, quad: &Quad, scale: f32, rendering: Rendering, module: f32) -> Option<Self> {
        let strip = Strip::cut(source, quad, scale)?;
        let bits = match rendering {
            Rendering::Mean => binary::by_mean(&strip.image),
            Rendering::Midpoint => binary::by_midpoint(&strip.image),
            Rendering::Sharpened => binary::by_midpoint(&binary::sharpened(&strip.image, module, 2.0)),
            Rendering::Sharpest => binary::by_midpoint(&binary::sharpened(&strip.image, module, 6.0)),
        }?;
        Some(Self { strip, bits })
    }

    fn look(&self) -> Option<Look> {
        Some(pdf417::look(&self.bits)?.placed(|point| self.strip.to_source(point)))
    }

    /// Whether rows change between black and white as often as a symbol's do.
    fn is_busy(&self) -> bool {
        let changes = |y: u32| {
            (1..self.bits.width()).filter(|x| self.bits.get(*x, y) != self.bits.get(x - 1, y)).count()
        };
        let rows = (1..=SAMPLED_ROWS).map(|row| row * self.bits.height() / (SAMPLED_ROWS + 1));
        rows.filter(|row| changes(*row) >= LEAST_CHANGES).count() >= 2
    }
}

/// Bytes as a string of the characters of their numbers, which keeps a stored finding short.
mod characters {
    use idv_common::domain::Private;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        bytes: &Option<Private<Vec<u8>>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = bytes.as_ref().map(|bytes| bytes.iter().map(|byte| char::from(*byte)).collect::<String>());
        text.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Private<Vec<u8>>>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
        bytes.map(|bytes| Some(Private(bytes))).map_err(|_| D::Error::custom("a character is no byte"))
    }
}

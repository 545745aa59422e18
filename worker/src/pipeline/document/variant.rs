//! Other renderings of a page, for zones that the first look misses or misreads.

use image::{GrayImage, Luma};
use serde::{Deserialize, Serialize};

use super::sheet::Sheet;
use crate::pipeline::page::Page;

/// The long side of a page at the first look, in pixels: smaller and larger images are scaled to the nearer end.
const LONG_SIDE: std::ops::RangeInclusive<f32> = 1100.0..=1600.0;
/// The longest side that is ever looked at.
const MOST_PIXELS: f32 = 4000.0;
/// Where zones are: the lower part of the page, and how wide it is rendered.
const LOWER_PART: f32 = 0.45;
const LOWER_WIDTH: f32 = 1200.0;
/// The width of the small rendering.
const SMALL_WIDTH: f32 = 1000.0;
/// Reach of the black-hat filter in pixels: strokes are thinner than twice this.
const STROKE_REACH: usize = 15;
/// A zoom must enlarge by at least this to be worth a look.
const LEAST_ZOOM: f32 = 1.2;

/// A rendering of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// The zone's own lines, cut straight out of the image.
    OwnLines,
    /// Scaled to a moderate size.
    Moderate,
    /// The part that holds text, enlarged.
    Zoomed,
    /// In its own resolution.
    Untouched,
    /// Scaled to a width of 1000 pixels.
    Small,
    /// The lower part, enlarged.
    LowerPart,
    /// The lower part, enlarged, with everything but thin dark strokes removed.
    LowerPartStrokes,
    /// Several of these, each place of the zone by vote.
    Combined,
}

impl Variant {
    /// The renderings to try after the first look, the likeliest to help first.
    pub(super) const RETRIES: [Self; 5] =
        [Self::Zoomed, Self::Untouched, Self::Small, Self::LowerPart, Self::LowerPartStrokes];

    /// The first rendering of a page.
    pub(super) fn moderate(source: &Page) -> Page {
        source.scaled(moderate_scale(source))
    }

    /// Renders the turned source; `first` is what the first look at it saw. `None` if the rendering would show
    /// nothing new.
    pub(super) fn render(self, source: &Page, first: &Sheet) -> Option<Page> {
        let (width, height) = (source.image.width() as f32, source.image.height() as f32);
        let moderate = moderate_scale(source);
        let distinct = |scale: f32| (scale / moderate - 1.0).abs() > 0.05;
        match self {
            Self::Moderate => Some(Self::moderate(source)),
            Self::Zoomed => zoomed(source, first),
            Self::Untouched => {
                let scale = (MOST_PIXELS / width.max(height)).min(1.0);
                distinct(scale).then(|| source.scaled(scale))
            }
            Self::Small => distinct(SMALL_WIDTH / width).then(|| source.scaled(SMALL_WIDTH / width)),
            Self::LowerPart => Some(lower_part(source)),
            Self::LowerPartStrokes => {
                let page = lower_part(source);
                let strokes = strokes(&page.image);
                Some(page.with_pixels(strokes))
            }
            Self::OwnLines | Self::Combined => None,
        }
    }
}

fn moderate_scale(source: &Page) -> f32 {
    let long_side = source.image.width().max(source.image.height()) as f32;
    long_side.clamp(*LONG_SIDE.start(), *LONG_SIDE.end()) / long_side
}

/// The box around the words that the first look found, with a margin, as large as a whole page would be.
fn zoomed(source: &Page, first: &Sheet) -> Option<Page> {
    let corners = first.lines.iter().flat_map(|line| first.page.to_other(source, line.quad()).0);
    let (mut left, mut top, mut right, mut bottom) = (f32::MAX, f32::MAX, f32::MIN, f32::MIN);
    for corner in corners {
        (left, top) = (left.min(corner.x), top.min(corner.y));
        (right, bottom) = (right.max(corner.x), bottom.max(corner.y));
    }
    let margin = 0.05 * (right - left).max(bottom - top);
    let (width, height) = (source.image.width() as f32, source.image.height() as f32);
    let (left, top) = ((left - margin).max(0.0), (top - margin).max(0.0));
    let (right, bottom) = ((right + margin).min(width), (bottom + margin).min(height));
    let part = Page::cut(source, left as u32, top as u32, (right - left) as u32, (bottom - top) as u32);
    if right - left < 1.0 || bottom - top < 1.0 {
        return None;
    }
    (width.max(height) > LEAST_ZOOM * (right - left).max(bottom - top))
        .then(|| part.scaled(moderate_scale(&part)))
}

fn lower_part(source: &Page) -> Page {
    let (width, height) = source.image.dimensions();
    let top = (height as f32 * (1.0 - LOWER_PART)) as u32;
    source.cut(0, top, width, (height - top).max(1)).scaled(LOWER_WIDTH / width as f32)
}

/// Thin dark strokes on white: the black-hat filter, inverted and stretched to the whole range.
fn strokes(image: &GrayImage) -> GrayImage {
    let closed = filtered(&filtered(image, u8::max), u8::min);
    let depth = |x, y| closed.get_pixel(x, y).0[0].saturating_sub(image.get_pixel(x, y).0[0]);
    let deepest = image.enumerate_pixels().map(|(x, y, _)| depth(x, y)).max().unwrap_or(0).max(1);
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        Luma([255 - (u32::from(depth(x, y)) * 255 / u32::from(deepest)) as u8])
    })
}

/// The greatest or least value within a square around each pixel.
fn filtered(image: &GrayImage, pick: fn(u8, u8) -> u8) -> GrayImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let run = |values: &[u8]| -> Vec<u8> {
        (0..values.len())
            .map(|at| {
                let window =
                    &values[at.saturating_sub(STROKE_REACH)..(at + STROKE_REACH + 1).min(values.len())];
                window.iter().copied().fold(values[at], pick)
            })
            .collect()
    };
    let rows: Vec<u8> = image.as_raw().chunks_exact(width).flat_map(run).collect();
    let mut output = GrayImage::new(image.width(), image.height());
    for column in 0..width {
        let values: Vec<u8> = (0..height).map(|row| rows[row * width + column]).collect();
        for (row, value) in run(&values).into_iter().enumerate() {
            output.put_pixel(column as u32, row as u32, Luma([value]));
        }
    }
    output
}

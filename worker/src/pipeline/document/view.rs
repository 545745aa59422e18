//! Which picture of the document is read: its outline seen from straight above or the whole image, and which way up.

use super::legibility::Lies;
use super::sheet::Sheet;
use super::variant::Variant;
use crate::inference::Fault;
use crate::inference::text::TextModels;
use crate::pipeline::locate::Outline;
use crate::pipeline::orientation::{Turn, lies_on_its_side};
use crate::pipeline::page::Page;

/// From this legibility on, a page counts as upright.
const LEGIBLE: f32 = 0.75;
/// A page that is that legible lies level if it is by so much less legible the other way round.
const PLAIN: f32 = 0.1;
/// The whole image is read instead if it is by this much more legible,
const LESS_LEGIBLE: f32 = 0.05;
/// or if less than this part of its lines, by length, shows within the outline.
const LEAST_LINES: f32 = 0.5;
/// The longer side of a document seen from straight above, in pixels: others are scaled to the nearer end.
const LONG_SIDE: std::ops::RangeInclusive<f32> = 1100.0..=2400.0;
/// A document shows at least so many words: an outline with fewer is a portrait's or something else's.
const LEAST_WORDS: usize = 6;
/// A document stands if it is higher than wide by this.
const STANDING: f32 = 1.1;
/// How much of the table is shown at each side, as a part of the page: the outline may be off by that.
const MARGIN: f32 = 0.02;

/// A picture of the document and the first look at it.
pub(super) struct View {
    /// How it was turned for its text to be upright.
    pub(super) turn: Turn,
    /// The picture, turned so.
    pub(super) turned: Page,
    /// What the first look saw.
    pub(super) sheet: Sheet,
    /// How well the longest lines can be read, 0 to 1; not asked if there is a zone.
    legibility: Option<f32>,
}

impl View {
    /// The better of the page within the outline and the whole image, and the outline if it is that. The whole image
    /// is not looked at if the outline shows a zone whose check digits agree.
    pub(super) fn best(
        source: &Page,
        outline: Option<Outline>,
        models: &TextModels,
    ) -> Result<(Self, Option<Outline>), Fault> {
        let whole = |turn: Turn| -> Result<Self, Fault> {
            Self::look(source, turn, models)?.upright(source, false, models)
        };
        let rectified = outline.and_then(|outline| Some((rectified(source, &outline)?, outline)));
        let Some((page, outline)) = rectified else {
            return Ok((whole(Turn::None)?, None));
        };
        let inner = Self::look(&page, Turn::None, models)?;
        if inner.sheet.words.len() < LEAST_WORDS {
            return Ok((whole(Turn::None)?, None));
        }
        let stands = page.image.height() as f32 > STANDING * page.image.width() as f32;
        let inner = inner.upright(&page, stands, models)?;
        if inner.sheet.is_clean() {
            return Ok((inner, Some(outline)));
        }
        // The outline turns by less than an eighth, so the image is upright as its page is.
        let whole = whole(inner.turn)?;
        let inner_is_better = inner.is_better_than(&whole, models)?;
        Ok(if inner_is_better { (inner, Some(outline)) } else { (whole, None) })
    }

    /// The words and lines of a page that is upright at that turn, and the outline if they were looked for within it.
    pub(super) fn upright_at(
        source: &Page,
        outline: Option<Outline>,
        turn: Turn,
        models: &TextModels,
    ) -> Result<(Sheet, Option<Outline>), Fault> {
        let lay_out = |page: &Page| Sheet::lay_out(Variant::moderate(&page.turned(turn)), models);
        let within = outline.and_then(|outline| rectified(source, &outline));
        let inner = within.map(|page| lay_out(&page)).transpose()?;
        match inner.filter(|sheet| sheet.words.len() >= LEAST_WORDS) {
            Some(sheet) => Ok((sheet, outline)),
            None => Ok((lay_out(source)?, None)),
        }
    }

    /// A first look at the page, turned.
    fn look(source: &Page, turn: Turn, models: &TextModels) -> Result<Self, Fault> {
        let turned = source.turned(turn);
        let page = Variant::moderate(&turned);
        let sheet = Sheet::examine(page, Variant::Moderate, models)?;
        Ok(Self { turn, turned, sheet, legibility: None })
    }

    /// The turn at which the page makes sense, and the first look at it. The other turns are tried only if the page
    /// makes no sense at this one, or if the document stands on its short side, as few do; the same lines, read the other
    /// way, tell of the opposite turn.
    fn upright(mut self, source: &Page, stands: bool, models: &TextModels) -> Result<Self, Fault> {
        // Text on its side may pass for a zone, but not for one whose check digits agree.
        let is_sideways = stands || lies_on_its_side(&self.sheet.words);
        if self.sheet.is_clean() || (self.sheet.zone.is_some() && !is_sideways) {
            return Ok(self);
        }
        let here = self.sheet.legibility(Lies::Upright, models)?;
        self.legibility = Some(here);
        if here >= LEGIBLE && !is_sideways {
            return Ok(self);
        }
        let on_its_head = self.sheet.legibility(Lies::OnItsHead, models)?;
        let mut turns = vec![(self.turn, here), (self.turn.then(Turn::Half), on_its_head)];
        let lies_level = (here - on_its_head).abs() >= PLAIN && here.max(on_its_head) >= LEGIBLE;
        let mut looks = vec![self];
        if is_sideways || !lies_level {
            let aside = Self::look(source, turns[0].0.then(Turn::Quarter), models)?;
            if aside.sheet.is_clean() {
                return Ok(aside);
            }
            turns.push((aside.turn, aside.sheet.legibility(Lies::Upright, models)?));
            turns.push((aside.turn.then(Turn::Half), aside.sheet.legibility(Lies::OnItsHead, models)?));
            looks.push(aside);
        }
        turns.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (turn, legibility) = turns[0];
        let look = looks.into_iter().find(|look| look.turn == turn);
        let look = look.map_or_else(|| Self::look(source, turn, models), Ok)?;
        Ok(Self { legibility: Some(legibility), ..look })
    }

    fn legibility(&self, models: &TextModels) -> Result<f32, Fault> {
        self.legibility.map_or_else(|| self.sheet.legibility(Lies::Upright, models), Ok)
    }

    /// Whether this view, within an outline, shows the better zone, or without any zone as much text as well.
    fn is_better_than(&self, whole: &Self, models: &TextModels) -> Result<bool, Fault> {
        let (here, there) = (&self.sheet, &whole.sheet);
        if here.zone.is_some() || there.zone.is_some() {
            return Ok(here.rank() >= there.rank());
        }
        Ok(self.legibility(models)? + LESS_LEGIBLE >= whole.legibility(models)?
            && here.length_of_lines() >= LEAST_LINES * there.length_of_lines())
    }
}

/// The page within the outline and a margin about it.
pub(super) fn rectified(source: &Page, outline: &Outline) -> Option<Page> {
    let (width, height) = outline.size();
    let long_side = width.max(height).max(1.0);
    let scale = long_side.clamp(*LONG_SIDE.start(), *LONG_SIDE.end()) / long_side / (1.0 - 2.0 * MARGIN);
    let side = |pixels: f32| ((pixels * scale).round() as u32).max(1);
    source.rectified(outline.quad, (side(width), side(height)), MARGIN)
}

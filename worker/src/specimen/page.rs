//! Pages of every kind in the designs that flow their fields beside the portrait.

use super::{
    Design, Page, SpecimenError, SpecimenSpec, background,
    captions::{Caption, caption},
    chance::Chance,
    palette::Palette,
    portrait, print,
    sheet::{Area, Sheet},
    truth::Truth,
    zone,
};
use crate::drawing::Typeface;

/// The margin about everything, and the room between columns, in millimetres.
const MARGIN: f32 = 4.0;
/// Where the fields begin under the title.
const BELOW_TITLE: f32 = 11.2;
/// The least and the greatest distance from one row of fields to the next.
const LEAST_ROW: f32 = 5.4;
const MOST_ROW: f32 = 7.4;
/// The proportions and the greatest height of a portrait.
const PORTRAIT: f32 = 35.0 / 45.0;
const MOST_PORTRAIT: f32 = 45.0;

/// One value to print: its caption, the value, and whether it takes a whole row.
type Entry = (Caption, String, bool);

/// Draws the side with the portrait: with the zone, unless the kind has that on its back.
pub(super) fn draw_front(spec: &SpecimenSpec, has_zone: bool) -> Result<Page, SpecimenError> {
    let mut chance = Chance::new(spec.seed, "page");
    let (width, height) = spec.kind.size();
    let mut sheet = blank(spec, &mut chance)?;
    let design = spec.style.design_of(spec.kind);
    let lower = if has_zone { height - zone::BAND } else { height - MARGIN / 2.0 };
    let lines = if has_zone { zone::lines(spec)? } else { Vec::new() };
    let quads = zone_of(&mut sheet, spec, &lines);
    title(&mut sheet, spec, design);

    let tall = (lower - BELOW_TITLE - 1.0).min(MOST_PORTRAIT);
    let wide = tall * PORTRAIT;
    let (left, right) = match design {
        Design::Mirrored => (MARGIN, width - MARGIN - wide - MARGIN),
        _ => (MARGIN + wide + MARGIN, width - MARGIN),
    };
    let beside = if design == Design::Mirrored { right + MARGIN } else { MARGIN };
    let frame = Area(beside, BELOW_TITLE, wide, tall);
    let photo = portrait::picture(spec.portrait.as_ref())?;
    portrait::draw(&mut sheet, &photo, frame);
    let room = Area(left, BELOW_TITLE, right - left, lower - BELOW_TITLE);
    flow(&mut sheet, spec, room, &entries(spec, design), design == Design::Banner);
    let pen = Area(beside + 0.1 * wide, BELOW_TITLE + 0.86 * tall, 0.8 * wide, 0.12 * tall);
    background::signature(&mut sheet, pen, &mut chance);
    let truth = Truth::new(spec, &lines, quads, Some(sheet.rect(frame)));
    Ok(Page { image: sheet.image, truth, jpeg: None })
}

/// Draws the side of a card with the zone.
pub(super) fn draw_back(spec: &SpecimenSpec) -> Result<Page, SpecimenError> {
    let mut chance = Chance::new(spec.seed, "page back");
    let (width, height) = spec.kind.size();
    let mut sheet = blank(spec, &mut chance)?;
    let lines = zone::lines(spec)?;
    let quads = zone_of(&mut sheet, spec, &lines);
    sheet.specimen_mark((width - 24.5, 2.4));
    let room = Area(MARGIN, 3.4, width - 2.0 * MARGIN - 24.0, height - zone::BAND - 3.4);
    let entries = [
        (Caption::PlaceOfBirth, print::upper(&spec.place_of_birth), true),
        (Caption::DateOfIssue, print::date_in(spec.style.language, spec.date_of_issue), false),
        (Caption::PersonalNumber, spec.personal_number.clone(), false),
        (Caption::Authority, authority(spec), true),
    ];
    flow(&mut sheet, spec, room, &entries, false);
    let truth = Truth::new(spec, &lines, quads, None);
    Ok(Page { image: sheet.image, truth, jpeg: None })
}

fn blank(spec: &SpecimenSpec, chance: &mut Chance) -> Result<Sheet, SpecimenError> {
    let (width, height) = spec.kind.size();
    let mut sheet = Sheet::new(width, height, spec.dpi, Palette::from_seed(spec.seed))?;
    background::draw(&mut sheet, spec.style.background, chance);
    Ok(sheet)
}

fn zone_of(sheet: &mut Sheet, spec: &SpecimenSpec, lines: &[String]) -> Vec<crate::inference::Quad> {
    if lines.is_empty() { Vec::new() } else { zone::draw(sheet, spec, lines) }
}

fn title(sheet: &mut Sheet, spec: &SpecimenSpec, design: Design) {
    let (width, _) = spec.kind.size();
    let colour = sheet.palette.title;
    let ink = if design == Design::Banner {
        sheet.fill(Area(0.0, 0.0, width, 9.4), colour, 1.0);
        sheet.palette.paper
    } else {
        sheet.fill(Area(MARGIN, 9.5, width - 2.0 * MARGIN, 0.25), colour, 0.8);
        colour
    };
    let large = sheet.lettering(Typeface::SansBold, 2.4, ink);
    let small = sheet.lettering(Typeface::Sans, 1.5, ink);
    let room = width - 24.5 - 2.0 * MARGIN;
    let kind = match spec.kind {
        kind if kind.is_visa() => Caption::Visa,
        super::SpecimenKind::Passport => Caption::Passport,
        _ => Caption::IdCard,
    };
    sheet.write(large, (MARGIN, 4.9), room, &print::state(&spec.issuing_state));
    sheet.write(small, (MARGIN, 7.9), room, &caption(spec.style.language, kind));
    let paper = sheet.palette.paper;
    sheet.fill(Area(width - 24.6, 2.0, 22.4, 5.6), paper, 1.0);
    sheet.specimen_mark((width - 24.2, 2.4));
}

/// What the page says, in the order of the design.
fn entries(spec: &SpecimenSpec, design: Design) -> Vec<Entry> {
    let date = |date| print::date_in(spec.style.language, date);
    let number = (Caption::DocumentNumber, spec.number.clone(), spec.number.len() > 12);
    let (from, until) = match spec.kind.is_visa() {
        true => (Caption::ValidFrom, Caption::ValidUntil),
        false => (Caption::DateOfIssue, Caption::DateOfExpiry),
    };
    let mut entries = vec![
        (Caption::Surname, print::upper(&spec.surname), true),
        (Caption::GivenNames, print::upper(&spec.given_names), true),
        (Caption::Nationality, print::nationality(&spec.nationality), false),
        (Caption::Sex, spec.sex.letter().to_owned(), false),
        (Caption::DateOfBirth, date(spec.date_of_birth), false),
        (Caption::PlaceOfBirth, print::upper(&spec.place_of_birth), false),
        (from, date(spec.date_of_issue), false),
        (until, date(spec.date_of_expiry), false),
        (Caption::PersonalNumber, spec.personal_number.clone(), false),
        (Caption::Authority, authority(spec), false),
    ];
    if spec.kind == super::SpecimenKind::IdCard {
        // The rest is on the back.
        entries.retain(|(caption, _, _)| {
            !matches!(caption, Caption::PlaceOfBirth | Caption::PersonalNumber | Caption::Authority)
                && *caption != from
        });
    }
    let place = if design == Design::Ruled { entries.len() - 2 } else { 0 };
    entries.insert(place, number);
    entries
}

fn authority(spec: &SpecimenSpec) -> String {
    print::upper(&spec.place_of_birth) + if spec.seed.is_multiple_of(2) { " 02" } else { " CIVIL REGISTRY" }
}

/// Prints the entries row by row, two to a row unless one takes it all; those without a value leave no gap.
fn flow(sheet: &mut Sheet, spec: &SpecimenSpec, room: Area, entries: &[Entry], boxed: bool) {
    let Area(left, top, width, height) = room;
    let mut cells: Vec<(usize, bool, &Entry)> = Vec::new();
    let (mut row, mut half_taken) = (0, false);
    for entry in entries.iter().filter(|(_, value, _)| !value.is_empty()) {
        if half_taken && entry.2 {
            (row, half_taken) = (row + 1, false);
        }
        cells.push((row, half_taken, entry));
        half_taken = !entry.2 && !half_taken;
        if !half_taken {
            row += 1;
        }
    }
    let rows = row + usize::from(half_taken);
    let step = (height / rows.max(1) as f32).clamp(LEAST_ROW, MOST_ROW);
    for (row, is_second, (name, value, whole)) in cells {
        let y = top + row as f32 * step;
        let x = if is_second { left + width / 2.0 } else { left };
        let wide = if *whole { width } else { width / 2.0 - 1.0 };
        if boxed {
            let paper = sheet.palette.paper;
            sheet.fill(Area(x - 0.6, y - 0.4, wide, step - 0.6), paper, 0.55);
        }
        sheet.field((x, y), wide - 1.0, &caption(spec.style.language, *name), value);
    }
}

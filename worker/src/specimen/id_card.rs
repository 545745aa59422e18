//! The classic identity card, 85.6 x 54 mm, after ICAO 9303 part 5: portrait in front, machine-readable zone behind.

use super::{
    Page, SpecimenError, SpecimenSpec, background,
    chance::Chance,
    palette::Palette,
    portrait, print,
    sheet::{Area, Sheet},
    truth::Truth,
    zone,
};
use crate::drawing::Typeface;

const WIDTH: f32 = 85.6;
const HEIGHT: f32 = 54.0;
const PORTRAIT: Area = Area(4.0, 11.5, 25.2, 32.4);
const GHOST: Area = Area(70.0, 34.5, 11.2, 14.4);
/// The left edge of the printed fields in front.
const COLUMN: f32 = 32.5;

/// Draws the side with the portrait.
pub(super) fn draw_front(spec: &SpecimenSpec) -> Result<Page, SpecimenError> {
    let mut chance = Chance::new(spec.seed, "card front");
    let mut sheet = blank(spec, &mut chance)?;
    background::rosette(&mut sheet, (57.0, 32.0), 16.0, &mut chance);
    front_title(&mut sheet, spec);
    let photo = portrait::picture(spec.portrait.as_ref())?;
    portrait::draw(&mut sheet, &photo, PORTRAIT);
    if spec.ghost {
        portrait::draw_ghost(&mut sheet, &photo, GHOST);
    }
    front_fields(&mut sheet, spec);
    background::signature(&mut sheet, Area(6.0, 46.0, 20.0, 4.4), &mut chance);
    let truth = Truth::new(spec, &[], Vec::new(), Some(sheet.rect(PORTRAIT)));
    Ok(Page { image: sheet.image, truth, jpeg: None })
}

/// Draws the side with the machine-readable zone.
pub(super) fn draw_back(spec: &SpecimenSpec) -> Result<Page, SpecimenError> {
    let mut chance = Chance::new(spec.seed, "card back");
    let mut sheet = blank(spec, &mut chance)?;
    background::rosette(&mut sheet, (68.0, 18.5), 9.5, &mut chance);
    let lines = zone::lines(spec)?;
    let quads = zone::draw(&mut sheet, spec, &lines);
    back_fields(&mut sheet, spec);
    let truth = Truth::new(spec, &lines, quads, None);
    Ok(Page { image: sheet.image, truth, jpeg: None })
}

fn blank(spec: &SpecimenSpec, chance: &mut Chance) -> Result<Sheet, SpecimenError> {
    let mut sheet = Sheet::new(WIDTH, HEIGHT, spec.dpi, Palette::from_seed(spec.seed))?;
    background::draw(&mut sheet, spec.style.background, chance);
    Ok(sheet)
}

fn front_title(sheet: &mut Sheet, spec: &SpecimenSpec) {
    let ink = sheet.palette.title;
    let large = sheet.lettering(Typeface::SansBold, 2.3, ink);
    let small = sheet.lettering(Typeface::Sans, 1.25, ink);
    sheet.write(large, (4.0, 5.3), 50.0, &print::state(&spec.issuing_state));
    sheet.write(small, (4.0, 8.1), 50.0, "IDENTITY CARD · CARTE D’IDENTITÉ");
    sheet.fill(Area(4.0, 9.4, WIDTH - 8.0, 0.25), ink, 0.8);
    sheet.specimen_mark((59.5, 2.8));
}

fn front_fields(sheet: &mut Sheet, spec: &SpecimenSpec) {
    let row = |row: i32| 11.5 + row as f32 * 6.6;
    let whole = WIDTH - COLUMN - 4.0;
    let half = whole / 2.0;
    let right = COLUMN + half;
    sheet.field((COLUMN, row(0)), whole, "Surname / Nom", &print::upper(&spec.surname));
    sheet.field((COLUMN, row(1)), whole, "Given names / Prénoms", &print::upper(&spec.given_names));
    sheet.field(
        (COLUMN, row(2)),
        half - 1.0,
        "Nationality / Nationalité",
        &print::nationality(&spec.nationality),
    );
    sheet.field((right, row(2)), half, "Sex / Sexe", spec.sex.letter());
    let born = print::date(spec.date_of_birth);
    sheet.field((COLUMN, row(3)), half - 1.0, "Date of birth / Date de naissance", &born);
    sheet.field((COLUMN, row(4)), half - 1.0, "Document No. / N° du document", &spec.number);
    let expires = print::date(spec.date_of_expiry);
    sheet.field((COLUMN, row(5)), half - 1.0, "Date of expiry / Date d’expiration", &expires);
}

fn back_fields(sheet: &mut Sheet, spec: &SpecimenSpec) {
    let row = |row: i32| 4.0 + row as f32 * 6.6;
    let place = print::upper(&spec.place_of_birth);
    sheet.field((4.7, row(0)), 36.0, "Place of birth / Lieu de naissance", &place);
    let issued = print::date(spec.date_of_issue);
    sheet.field((4.7, row(1)), 36.0, "Date of issue / Date de délivrance", &issued);
    sheet.field((4.7, row(2)), 36.0, "Authority / Autorité", "CIVIL REGISTRY");
    sheet.field((36.0, row(2)), 22.0, "Personal No. / N° personnel", &spec.personal_number);
    sheet.specimen_mark((59.5, 3.2));
}

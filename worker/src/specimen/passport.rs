//! The classic data page of a passport, 125 x 88 mm, after ICAO 9303 part 4.

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

const WIDTH: f32 = 125.0;
const PORTRAIT: Area = Area(5.0, 12.0, 35.0, 45.0);
const GHOST: Area = Area(104.0, 18.6, 15.4, 19.8);
/// The left edge of the printed fields, and the distance from one row to the next.
const COLUMN: f32 = 44.0;
const FIRST_ROW: f32 = 12.0;
const ROW: f32 = 7.4;

/// Draws the page.
pub(super) fn draw(spec: &SpecimenSpec) -> Result<Page, SpecimenError> {
    let mut chance = Chance::new(spec.seed, "passport");
    let mut sheet = Sheet::new(WIDTH, spec.kind.size().1, spec.dpi, Palette::from_seed(spec.seed))?;
    background::draw(&mut sheet, spec.style.background, &mut chance);
    background::rosette(&mut sheet, (74.0, 38.0), 24.0, &mut chance);
    title(&mut sheet, spec);
    let photo = portrait::picture(spec.portrait.as_ref())?;
    portrait::draw(&mut sheet, &photo, PORTRAIT);
    if spec.ghost {
        portrait::draw_ghost(&mut sheet, &photo, GHOST);
    }
    fields(&mut sheet, spec);
    background::signature(&mut sheet, Area(10.0, 58.6, 24.0, 4.6), &mut chance);
    let lines = zone::lines(spec)?;
    let quads = zone::draw(&mut sheet, spec, &lines);
    let truth = Truth::new(spec, &lines, quads, Some(sheet.rect(PORTRAIT)));
    Ok(Page { image: sheet.image, truth, jpeg: None })
}

fn title(sheet: &mut Sheet, spec: &SpecimenSpec) {
    let ink = sheet.palette.title;
    let large = sheet.lettering(Typeface::SansBold, 2.7, ink);
    let small = sheet.lettering(Typeface::Sans, 1.7, ink);
    sheet.write(small, (5.0, 7.4), 35.0, "PASSPORT · PASSEPORT");
    sheet.write(large, (COLUMN, 7.8), 46.0, &print::state(&spec.issuing_state));
    sheet.fill(Area(5.0, 9.6, WIDTH - 10.0, 0.25), ink, 0.8);
    sheet.specimen_mark((97.5, 3.2));
}

fn fields(sheet: &mut Sheet, spec: &SpecimenSpec) {
    let row = |row: i32| FIRST_ROW + row as f32 * ROW;
    // The ghost image takes the right end of the second to fourth row.
    let beside_ghost = GHOST.0 - COLUMN - 2.0;
    sheet.field((COLUMN, row(0)), 10.0, "Type / Type", "P");
    sheet.field((COLUMN + 14.0, row(0)), 24.0, "Code / Code", &spec.issuing_state);
    sheet.field((COLUMN + 42.0, row(0)), 34.0, "Passport No. / N° de passeport", &spec.number);
    sheet.field((COLUMN, row(1)), beside_ghost, "Surname / Nom", &print::upper(&spec.surname));
    sheet.field((COLUMN, row(2)), beside_ghost, "Given names / Prénoms", &print::upper(&spec.given_names));
    let nationality = print::nationality(&spec.nationality);
    sheet.field((COLUMN, row(3)), beside_ghost, "Nationality / Nationalité", &nationality);
    let born = print::date(spec.date_of_birth);
    sheet.field((COLUMN, row(4)), 30.0, "Date of birth / Date de naissance", &born);
    sheet.field((COLUMN + 42.0, row(4)), 34.0, "Personal No. / N° personnel", &spec.personal_number);
    sheet.field((COLUMN, row(5)), 14.0, "Sex / Sexe", spec.sex.letter());
    let place = print::upper(&spec.place_of_birth);
    sheet.field((COLUMN + 14.0, row(5)), 26.0, "Place of birth / Lieu de naissance", &place);
    sheet.field((COLUMN + 42.0, row(5)), 34.0, "Authority / Autorité", "PASSPORT OFFICE");
    let issued = print::date(spec.date_of_issue);
    sheet.field((COLUMN, row(6)), 34.0, "Date of issue / Date de délivrance", &issued);
    let expires = print::date(spec.date_of_expiry);
    sheet.field((COLUMN + 42.0, row(6)), 34.0, "Date of expiry / Date d’expiration", &expires);
}

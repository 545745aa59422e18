//! Specimens: synthetic passports, identity cards and visas for demonstrations, tests and evaluations.
//!
//! Nobody's document is needed to try the system: [`render`] draws one with the fields that
//! [`SpecimenSpec`] holds, a machine-readable zone after ICAO 9303 whose check digits agree (or one that
//! deliberately does not) and a red SPECIMEN mark on every page. The same spec gives the same pixels.

mod background;
mod captions;
pub(crate) mod chance;
mod degrade;
mod hard;
mod id_card;
mod page;
mod palette;
mod passport;
mod people;
mod placing;
mod portable;
mod portrait;
mod print;
mod regions;
mod scene;
mod screen;
mod sheet;
mod spec;
mod style;
mod truth;
mod varied;
mod zone;

use image::RgbImage;

pub use degrade::{Degrade, Glare, Light};
pub use hard::Hard;
pub use scene::{Scene, Table};
pub use spec::{CheckedField, Portrait, Sex, SpecimenKind, SpecimenSpec};
pub use style::{Background, Design, Language, Style, ZoneFont};
pub use truth::Truth;

/// A rendered document.
pub struct Specimen {
    /// A passport's data page, or the side of a card that shows the portrait.
    pub front: Page,
    /// The side of a card that carries the machine-readable zone; passports have none.
    pub back: Option<Page>,
}

/// One side of a document.
pub struct Page {
    /// The picture.
    pub image: RgbImage,
    /// What is printed on it, and where.
    pub truth: Truth,
    /// The camera's file, which the picture was decoded from; none for a flat scan.
    pub jpeg: Option<Vec<u8>>,
}

/// Why a specimen cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum SpecimenError {
    /// A name on the command line is none of those that exist.
    #[error("failed to understand `{given}`: it is none of {known}")]
    Name {
        /// What was given.
        given: String,
        /// What would have been understood.
        known: &'static str,
    },
    /// Too coarse to be read, or too large to be held in memory.
    #[error("failed to draw at {0} dpi: between 96 and 1200 are possible")]
    Resolution(f32),
    /// A field does not fit into the machine-readable zone.
    #[error("failed to compose the machine-readable zone: {0}")]
    Zone(&'static str),
    /// A check digit was to be wrong that this kind of document does not have.
    #[error("failed to print a wrong check digit: this document has none for {0}")]
    NoCheckDigit(CheckedField),
    /// The portrait has next to no pixels.
    #[error("failed to use a portrait of {0} x {1} pixels: at least 32 x 32 are needed")]
    Portrait(u32, u32),
    /// The page is tilted so far that it is no quadrilateral any more.
    #[error("failed to look at the page with a tilt of {0} degrees")]
    Perspective(f32),
    /// The JPEG round trip failed.
    #[error("failed to compress the picture: {0}")]
    Jpeg(#[from] image::ImageError),
}

/// Draws the document, then degrades it where the spec says so.
pub fn render(spec: &SpecimenSpec) -> Result<Specimen, SpecimenError> {
    let (front, back) = match (spec.kind, spec.style.design_of(spec.kind)) {
        (SpecimenKind::Passport, Design::Classic) => (passport::draw(spec)?, None),
        (SpecimenKind::IdCard, Design::Classic) => {
            (id_card::draw_front(spec)?, Some(id_card::draw_back(spec)?))
        }
        (SpecimenKind::IdCard, _) => (page::draw_front(spec, false)?, Some(page::draw_back(spec)?)),
        _ => (page::draw_front(spec, true)?, None),
    };
    let Some(degrade) = &spec.degrade else { return Ok(Specimen { front, back }) };
    Ok(Specimen {
        front: degrade.apply(front, "front")?,
        back: back.map(|back| degrade.apply(back, "back")).transpose()?,
    })
}

#[cfg(test)]
mod tests;

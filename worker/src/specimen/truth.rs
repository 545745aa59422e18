//! The ground truth that goes with a page.

use std::collections::BTreeMap;

use idv_common::domain::FieldName;
use serde::Serialize;

use super::zone::CAP_HEIGHT;
use super::{Background, Degrade, Design, Language, SpecimenSpec, ZoneFont, print};
use crate::inference::{Quad, Rect};

/// What a page says and where, for evaluations: one JSON line an image, with the keys `image`, `type`, `mrz`,
/// `all_check_digits_valid` and `fields`, and some more that only a drawn document can know.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Truth {
    /// The picture's file name; empty until [`Truth::named`].
    pub image: String,
    /// `TD1`, `TD2`, `TD3`, `MRVA`, `MRVB`, or `NONE` for a side without a machine-readable zone.
    #[serde(rename = "type")]
    pub format: String,
    /// The lines of the machine-readable zone as printed.
    pub mrz: Vec<String>,
    /// Whether every check digit agrees; a page without any has none that disagrees.
    pub all_check_digits_valid: bool,
    /// The values that the machine-readable zone encodes, transliterated; dates are `YYYY-MM-DD`.
    pub fields: BTreeMap<FieldName, String>,
    /// The values that are printed for people, with their diacritics; dates are `YYYY-MM-DD`.
    pub visual: BTreeMap<FieldName, String>,
    /// Whether the page shows a photo; a drawn silhouette contains no face.
    pub has_face: bool,
    /// The arrangement of the page.
    pub design: Design,
    /// What is printed behind.
    pub background: Background,
    /// The typeface of the zone; none without a zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font: Option<ZoneFont>,
    /// The captions' languages.
    pub language: Language,
    /// The height of the zone's capitals in pixels, the mean over the zone.
    pub glyph_height_px: f32,
    /// What the camera did; none: a flat scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<Degrade>,
    /// The corners of the machine-readable lines in pixels, in reading order.
    pub mrz_quads: Vec<Vec<[f32; 2]>>,
    /// The corners of the portrait in pixels.
    pub portrait_quad: Option<Vec<[f32; 2]>>,
}

impl Truth {
    pub(super) fn new(
        spec: &SpecimenSpec,
        lines: &[String],
        quads: Vec<Quad>,
        portrait: Option<Rect>,
    ) -> Self {
        // A file of ground truth writes `MRVA`, a report `MRV-A`.
        let format = if lines.is_empty() { "NONE" } else { spec.kind.mrz_format().as_str() }.replace('-', "");
        Self {
            image: String::new(),
            format,
            mrz: lines.to_vec(),
            all_check_digits_valid: lines.is_empty() || spec.wrong_check_digit.is_none(),
            fields: encoded(spec, lines),
            visual: if portrait.is_some() { printed(spec) } else { BTreeMap::new() },
            has_face: portrait.is_some() && spec.portrait.is_some(),
            design: spec.style.design_of(spec.kind),
            background: spec.style.background,
            font: (!lines.is_empty()).then_some(spec.style.font),
            language: spec.style.language,
            glyph_height_px: CAP_HEIGHT * spec.dpi / 25.4,
            camera: spec.degrade,
            mrz_quads: quads.into_iter().map(Quad::to_pairs).collect(),
            portrait_quad: portrait.map(|rect| rect.corners().to_pairs()),
        }
    }

    /// The same for a picture that is kept under that name.
    pub fn named(mut self, image: &str) -> Self {
        self.image = image.to_owned();
        self
    }

    /// Moves every place as the page was moved.
    pub(super) fn project(&mut self, to: impl Fn(f32, f32) -> (f32, f32)) {
        let points = self.mrz_quads.iter_mut().chain(&mut self.portrait_quad).flatten();
        for point in points {
            let (x, y) = to(point[0], point[1]);
            *point = [x, y];
        }
    }
}

/// What the zone encodes. Names are taken from its lines, where they are transliterated and may be cut off.
fn encoded(spec: &SpecimenSpec, lines: &[String]) -> BTreeMap<FieldName, String> {
    let name_field = match lines {
        [first, _] => first.get(5..),
        [_, _, third] => third.get(..),
        _ => None,
    };
    let Some(name_field) = name_field else { return BTreeMap::new() };
    let (surname, given) = name_field.split_once("<<").unwrap_or((name_field, ""));
    let words = |text: &str| text.split('<').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut fields = common(spec);
    fields.insert(FieldName::Surname, words(surname));
    fields.insert(FieldName::GivenNames, words(given));
    fields.retain(|_, value| !value.is_empty());
    fields
}

fn printed(spec: &SpecimenSpec) -> BTreeMap<FieldName, String> {
    let mut fields = common(spec);
    fields.insert(FieldName::Surname, print::upper(&spec.surname));
    fields.insert(FieldName::GivenNames, print::upper(&spec.given_names));
    fields.retain(|_, value| !value.is_empty());
    fields
}

fn common(spec: &SpecimenSpec) -> BTreeMap<FieldName, String> {
    let mut fields = BTreeMap::from([
        (FieldName::IssuingState, spec.issuing_state.clone()),
        (FieldName::DocumentNumber, spec.number.clone()),
        (FieldName::Nationality, spec.nationality.clone()),
        (FieldName::DateOfBirth, spec.date_of_birth.to_string()),
        (FieldName::Sex, spec.sex.letter().to_owned()),
        (FieldName::DateOfExpiry, spec.date_of_expiry.to_string()),
    ]);
    let optional = [spec.personal_number.as_str(), spec.optional.as_str()];
    let optional = optional.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    fields.insert(FieldName::PersonalNumber, optional);
    fields
}

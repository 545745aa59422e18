//! Scores added up, over all images and over groups of them.

use std::collections::BTreeMap;
use std::time::Duration;

use idv_common::domain::FieldName;

use super::{Cost, Expected, Score};

/// The scores of one group of images.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// All images.
    pub images: usize,
    /// Those with a zone whose text is known; rates of zones are over these.
    pub zones: usize,
    /// Zones read without a wrong character.
    pub exact: usize,
    /// Zones in which every check digit agrees as read.
    pub agreeing: usize,
    /// Zones that the check `document_mrz` passes.
    pub passing: usize,
    /// The zones' characters.
    pub characters: usize,
    /// How many of them are wrong or were not found.
    pub wrong_characters: usize,
    /// Images reported as passed with a wrong character under a check digit, or without a zone.
    pub false_accepts: usize,
    /// Zones whose name is wrong though nothing says so.
    pub wrong_names: usize,
    /// Zones with a wrong name that says so itself.
    pub marked_names: usize,
    /// What the images took together.
    pub cost: Cost,
}

/// Everything that was measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// All images.
    pub all: Group,
    /// By what groups them (`type`, `font`, `background`), and then by name.
    pub groups: BTreeMap<&'static str, BTreeMap<String, Group>>,
    /// For each field how often it was right and in how many images it is: read from the zone.
    pub fields: BTreeMap<FieldName, (usize, usize)>,
    /// The same, read from the print.
    pub printed: BTreeMap<FieldName, (usize, usize)>,
}

impl Summary {
    /// Adds one image's score.
    pub fn add(&mut self, expected: &Expected, score: &Score, cost: Cost) {
        self.all.add(expected, score, cost);
        let names = [
            ("type", Some(&expected.format)),
            ("font", expected.font.as_ref()),
            ("background", expected.background.as_ref()),
        ];
        for (kind, name) in names {
            // What the zone is set in and stands on matters to zones alone.
            if let Some(name) = name.filter(|_| kind == "type" || expected.has_zone()) {
                let group = self.groups.entry(kind).or_default().entry(name.clone()).or_default();
                group.add(expected, score, cost);
            }
        }
        for (counts, fields) in [(&mut self.fields, &score.fields), (&mut self.printed, &score.printed)] {
            for (name, right) in fields {
                let (rights, all) = counts.entry(*name).or_default();
                *rights += usize::from(*right);
                *all += 1;
            }
        }
    }
}

impl Group {
    fn add(&mut self, expected: &Expected, score: &Score, cost: Cost) {
        self.images += 1;
        self.false_accepts += usize::from(score.is_false_accept);
        self.cost.find += cost.find;
        self.cost.read_zone += cost.read_zone;
        self.cost.read_text += cost.read_text;
        self.cost.total += cost.total;
        if !expected.has_zone() {
            return;
        }
        self.zones += 1;
        self.exact += usize::from(score.exact == Some(true));
        self.agreeing += usize::from(score.check_digits_agree);
        self.passing += usize::from(score.outcome == "pass");
        self.characters += score.characters;
        self.wrong_characters += score.wrong_characters;
        self.wrong_names += usize::from(score.is_name_wrong && !score.is_name_marked);
        self.marked_names += usize::from(score.is_name_wrong && score.is_name_marked);
    }

    /// The time of one image.
    pub fn per_image(&self, total: Duration) -> Duration {
        total / u32::try_from(self.images.max(1)).unwrap_or(u32::MAX)
    }
}

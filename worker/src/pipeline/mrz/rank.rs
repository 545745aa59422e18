//! Which of several readings of one zone is the best.

use std::cmp::Reverse;

use idv_common::domain::MrzReading;

use super::codes::{is_document_code, is_state};
use super::zone::Zone;

/// How good a reading is: better ones compare greater.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rank {
    valid: bool,
    unrepaired: bool,
    agreeing: usize,
    code_known: bool,
    state_known: bool,
    fewest_uncertain: Reverse<usize>,
    confidence: f32,
}

impl Rank {
    /// The rank of a reading whose characters have that mean probability.
    pub fn of(reading: &MrzReading, confidence: f32) -> Self {
        let zone = Zone::of_text(reading.lines.iter().map(|line| line.as_str()));
        let knows = |is_known: fn(&Zone) -> bool| zone.as_ref().is_some_and(is_known);
        Self {
            valid: reading.all_check_digits_valid(),
            unrepaired: reading.repaired == 0,
            agreeing: reading.check_digits.iter().filter(|digit| digit.valid).count(),
            code_known: knows(|zone| {
                is_document_code(zone.layout.format, zone.text(zone.layout.code).trim_end_matches('<'))
            }),
            state_known: knows(|zone| is_state(zone.text(zone.layout.state).trim_end_matches('<'))),
            fewest_uncertain: Reverse(reading.uncertain.len()),
            confidence,
        }
    }
}

//! What the quality of the sides' pictures means for the document.

use idv_common::domain::{CaptureKind, QualityPolicy, ReasonCode};
use serde_json::Value;

use super::read::DocumentFinding;
use crate::pipeline::quality::defects;

/// Print of this mean probability was read well.
const READ_WELL: f32 = 0.85;

/// What is wrong with the pictures. What makes reading hard does not count where reading went well.
pub(super) fn reasons(sides: &[(CaptureKind, &DocumentFinding)], policy: &QualityPolicy) -> Vec<ReasonCode> {
    let mut reasons = Vec::new();
    for (_, side) in sides {
        let found = defects(&side.quality, policy);
        let hard = if was_read_well(side) { Vec::new() } else { found.hard };
        // A picture of nothing is no copy of anything.
        let shows_text = side.mrz.is_some() || !side.text.is_empty();
        let doubtful = if shows_text { found.doubtful } else { Vec::new() };
        for reason in hard.into_iter().chain(doubtful) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    reasons
}

/// The measurements of each side, by capture.
pub(super) fn details(sides: &[(CaptureKind, &DocumentFinding)]) -> Value {
    let measured = |(capture, side): &(CaptureKind, &DocumentFinding)| {
        (capture.as_str().to_owned(), serde_json::to_value(side.quality).unwrap_or_default())
    };
    Value::Object(sides.iter().map(measured).collect())
}

/// Whether the zone's check digits agree, or, where there is no zone, the print was read with confidence.
fn was_read_well(side: &DocumentFinding) -> bool {
    if let Some(zone) = &side.mrz {
        return zone.reading.all_check_digits_valid();
    }
    let confidence =
        side.text.iter().map(|line| line.confidence).sum::<f32>() / side.text.len().max(1) as f32;
    confidence >= READ_WELL
}

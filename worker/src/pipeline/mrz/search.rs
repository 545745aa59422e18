//! Searches the recogniser's alternatives for the readings of a zone that satisfy all its check digits.

use super::check_digit::{residue, weight};
use super::zone::{Place, Zone};

/// More steps than this are not taken: a zone with so many doubts is not settled by check digits.
const MOST_STEPS: usize = 20_000;
/// More check digits than this has no layout.
const MOST_CHECKS: usize = 8;

/// One way to read a zone that satisfies its check digits.
#[derive(Clone)]
pub(super) struct Consistent {
    /// How much less probable it is than the zone with the likeliest character at every place, as a natural
    /// logarithm.
    pub(super) cost: f32,
    /// Where it differs from that, and what stands there.
    pub(super) changes: Vec<(Place, char)>,
}

/// What the search found.
pub(super) struct Findings {
    /// The readings that satisfy every check digit, the likeliest first.
    pub(super) readings: Vec<Consistent>,
    /// Whether there were too many to look at.
    pub(super) exhausted: bool,
}

/// What a check digit lacks to agree, for each check digit, modulo 10.
type Residues = [u32; MOST_CHECKS];

/// A place that may hold something else.
struct Doubt {
    place: Place,
    swaps: Vec<Swap>,
}

/// Something else that a place may hold, what it costs, and how it changes each check digit.
struct Swap {
    character: char,
    cost: f32,
    change: Residues,
}

/// The readings of a zone that satisfy every check digit and cost no more than `budget`. Fillers that tell where a
/// long number ends stay: another reading of these is another zone.
pub(super) fn consistent(zone: &Zone, budget: f32) -> Findings {
    let checks = zone.checks();
    let mut lacking = [0; MOST_CHECKS];
    let mut doubts: Vec<Doubt> = Vec::new();
    let fixed = zone.number_ends();
    // How often each place counts in each check digit, with its weight; the digit itself counts against it.
    let mut parts: Vec<(Place, Residues)> = Vec::new();
    for (index, check) in checks.iter().take(MOST_CHECKS).enumerate() {
        let covers = check.covers.iter().enumerate().map(|(at, place)| (*place, weight(at)));
        for (place, weight) in covers.chain([(check.digit, 9)]) {
            lacking[index] = (lacking[index] + weight * residue(zone.cell(place).best())) % 10;
            match parts.iter_mut().find(|(other, _)| *other == place) {
                Some((_, weights)) => weights[index] = (weights[index] + weight) % 10,
                None => {
                    let mut weights = [0; MOST_CHECKS];
                    weights[index] = weight;
                    parts.push((place, weights));
                }
            }
        }
    }
    for (place, weights) in parts {
        let best = zone.cell(place).best();
        let swaps: Vec<Swap> = (zone.cell(place).alternatives())
            .filter(|(other, cost)| {
                *cost <= budget && !(fixed.contains(&place) && (*other == '<') != (best == '<'))
            })
            .map(|(character, cost)| {
                let step = (residue(character) + 10 - residue(best)) % 10;
                Swap { character, cost, change: weights.map(|weight| weight * step % 10) }
            })
            .collect();
        if !swaps.is_empty() {
            doubts.push(Doubt { place, swaps });
        }
    }
    let mut search = Search { doubts: &doubts, budget, steps: 0, chosen: Vec::new(), readings: Vec::new() };
    search.descend(0, 0.0, lacking);
    let exhausted = search.steps > MOST_STEPS;
    let mut readings = search.readings;
    // What the check digits are worth is a matter of digits, not of residues: a filler has the residue of 0.
    readings.retain(|reading| zone.with(&reading.changes).is_valid());
    readings.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    Findings { readings, exhausted }
}

struct Search<'a> {
    doubts: &'a [Doubt],
    budget: f32,
    steps: usize,
    chosen: Vec<(Place, char)>,
    readings: Vec<Consistent>,
}

impl Search<'_> {
    fn descend(&mut self, depth: usize, cost: f32, lacking: Residues) {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return;
        }
        let doubts = self.doubts;
        let Some(doubt) = doubts.get(depth) else {
            if lacking.iter().all(|lack| *lack == 0) {
                self.readings.push(Consistent { cost, changes: self.chosen.clone() });
            }
            return;
        };
        self.descend(depth + 1, cost, lacking);
        for swap in &doubt.swaps {
            if cost + swap.cost <= self.budget {
                self.chosen.push((doubt.place, swap.character));
                let lacking = std::array::from_fn(|check| (lacking[check] + swap.change[check]) % 10);
                self.descend(depth + 1, cost + swap.cost, lacking);
                self.chosen.pop();
            }
        }
    }
}

//! From the score of a comparison to the rate of false matches, by a table measured for the embedder.

use serde::Deserialize;

use super::{Embedding, Metric};

impl Metric {
    /// Its name in the manifest and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Euclidean => "euclidean",
        }
    }

    /// Compares two embeddings of one network.
    pub fn score(self, a: &Embedding, b: &Embedding) -> f64 {
        let pairs = a.0.iter().zip(&b.0).map(|(a, b)| (f64::from(*a), f64::from(*b)));
        match self {
            Self::Cosine => {
                let length = |v: &Embedding| v.0.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
                let product: f64 = pairs.map(|(a, b)| a * b).sum();
                product / (length(a) * length(b)).max(f64::MIN_POSITIVE)
            }
            Self::Euclidean => pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
        }
    }
}

/// The scores at which an embedder reaches given false match rates, in descending order of rate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Vec<FmrRow>")]
pub struct FmrTable(Vec<FmrRow>);

/// One row of an [`FmrTable`].
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FmrRow {
    /// The part of comparisons between strangers that would pass.
    pub fmr: f64,
    /// The score from which on (distances: up to which) they would pass.
    pub threshold: f64,
    /// The part of comparisons between two pictures of one person that would not pass.
    pub fnmr: f64,
}

/// An estimated false match rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FmrEstimate {
    /// The part of strangers who would score as well as this pair or better.
    pub fmr: f64,
    /// Whether the score lies beyond the table's ends, so that the rate is only a bound.
    pub bound: FmrBound,
}

/// How far an [`FmrEstimate`] can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FmrBound {
    /// Interpolated between two rows of the table.
    Interpolated,
    /// The score is better than the table's best: the rate is at most this.
    AtMost,
    /// The score is worse than the table's worst: the rate is at least this.
    AtLeast,
}

impl FmrBound {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interpolated => "interpolated",
            Self::AtMost => "at_most",
            Self::AtLeast => "at_least",
        }
    }
}

impl TryFrom<Vec<FmrRow>> for FmrTable {
    type Error = &'static str;

    fn try_from(rows: Vec<FmrRow>) -> Result<Self, Self::Error> {
        let in_order = |rows: &[FmrRow]| rows.windows(2).all(|pair| pair[0].fmr > pair[1].fmr);
        let ascending = rows.windows(2).all(|pair| pair[0].threshold < pair[1].threshold);
        let descending = rows.windows(2).all(|pair| pair[0].threshold > pair[1].threshold);
        if rows.len() < 2 {
            Err("a table of false match rates needs at least two rows")
        } else if !in_order(&rows) || rows.iter().any(|row| !(row.fmr > 0.0 && row.fmr <= 1.0)) {
            Err("false match rates must descend from at most 1 and stay above 0")
        } else if !ascending && !descending {
            Err("thresholds must all rise or all fall with the false match rate")
        } else {
            Ok(Self(rows))
        }
    }
}

impl FmrTable {
    /// The false match rate that belongs to a score, interpolated in its logarithm. Beyond the table's
    /// ends it is the end's rate, and the estimate says so.
    pub fn estimate(&self, score: f64) -> FmrEstimate {
        let (first, last) = (self.0[0], self.0[self.0.len() - 1]);
        let better = |a: f64, b: f64| if first.threshold < last.threshold { a > b } else { a < b };
        if better(score, last.threshold) {
            return FmrEstimate { fmr: last.fmr, bound: FmrBound::AtMost };
        }
        let reached = self.0.windows(2).find(|pair| !better(score, pair[1].threshold));
        match reached {
            Some([low, high]) if score == low.threshold || better(score, low.threshold) => FmrEstimate {
                fmr: along(score, (low.threshold, low.fmr.ln()), (high.threshold, high.fmr.ln())).exp(),
                bound: FmrBound::Interpolated,
            },
            _ => FmrEstimate { fmr: first.fmr, bound: FmrBound::AtLeast },
        }
    }

    /// The score at which a false match rate is reached, interpolated likewise. Beyond the table's ends it
    /// is the end's score.
    pub fn threshold_for(&self, fmr: f64) -> f64 {
        let (first, last) = (self.0[0], self.0[self.0.len() - 1]);
        let rate = fmr.clamp(last.fmr, first.fmr);
        match self.0.windows(2).find(|pair| rate >= pair[1].fmr) {
            Some([low, high]) => {
                along(rate.ln(), (low.fmr.ln(), low.threshold), (high.fmr.ln(), high.threshold))
            }
            _ => last.threshold,
        }
    }
}

/// The value at `x` of the line through two points.
fn along(x: f64, (x0, y0): (f64, f64), (x1, y1): (f64, f64)) -> f64 {
    y0 + (x - x0) / (x1 - x0) * (y1 - y0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fmr: f64, threshold: f64) -> FmrRow {
        FmrRow { fmr, threshold, fnmr: 0.0 }
    }

    fn table(rows: &[(f64, f64)]) -> FmrTable {
        let rows: Vec<FmrRow> = rows.iter().map(|(fmr, threshold)| row(*fmr, *threshold)).collect();
        FmrTable::try_from(rows).unwrap()
    }

    fn cosine() -> FmrTable {
        table(&[(1e-2, 0.189), (1e-3, 0.259), (1e-4, 0.325), (1e-6, 0.508)])
    }

    #[test]
    fn rates_are_interpolated_in_their_logarithm() {
        let estimate = cosine().estimate((0.189 + 0.259) / 2.0);
        assert_eq!(estimate.bound, FmrBound::Interpolated);
        assert!((estimate.fmr.log10() + 2.5).abs() < 1e-9, "{estimate:?}");
        let distance = table(&[(1e-2, 0.6), (1e-4, 0.4)]).estimate(0.5);
        assert!((distance.fmr.log10() + 3.0).abs() < 1e-9, "{distance:?}");
    }

    #[test]
    fn rates_beyond_the_table_are_bounds() {
        assert_eq!(cosine().estimate(0.9), FmrEstimate { fmr: 1e-6, bound: FmrBound::AtMost });
        assert_eq!(cosine().estimate(-0.2), FmrEstimate { fmr: 1e-2, bound: FmrBound::AtLeast });
        let distances = table(&[(1e-2, 0.6), (1e-4, 0.4)]);
        assert_eq!(distances.estimate(0.3), FmrEstimate { fmr: 1e-4, bound: FmrBound::AtMost });
        assert_eq!(distances.estimate(0.8), FmrEstimate { fmr: 1e-2, bound: FmrBound::AtLeast });
        assert_eq!(distances.estimate(f64::NAN).bound, FmrBound::AtLeast);
    }

    #[test]
    fn thresholds_and_rates_are_each_others_inverse() {
        for rate in [1e-2, 3e-3, 1e-4, 2e-5, 1e-6] {
            let found = cosine().estimate(cosine().threshold_for(rate)).fmr;
            assert!((found / rate - 1.0).abs() < 1e-6, "{rate} {found}");
        }
        assert_eq!(cosine().threshold_for(1e-9), 0.508);
        assert_eq!(cosine().threshold_for(1.0), 0.189);
    }

    #[test]
    fn a_table_out_of_order_is_refused() {
        assert!(FmrTable::try_from(vec![row(1e-2, 0.1)]).is_err());
        assert!(FmrTable::try_from(vec![row(1e-3, 0.1), row(1e-2, 0.2)]).is_err());
        assert!(FmrTable::try_from(vec![row(1e-2, 0.1), row(1e-3, 0.2), row(1e-4, 0.15)]).is_err());
    }
}

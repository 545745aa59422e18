//! Measures how well documents are read: what a file of ground truth says against what the pipeline reads.
//!
//! [`truth`] reads the file, [`score`] holds one reading against it, [`summary`] adds the scores up. Nothing here
//! prints or writes.

mod coverage;
pub mod score;
pub mod summary;
pub mod truth;

use std::time::Duration;

use cpu_time::ProcessTime;

use crate::inference::Fault;
use crate::inference::text::ReadingStep;
use crate::pipeline::decode::Unreadable;
use crate::pipeline::document::{DocumentFinding, Extent};
use crate::pipeline::{CaptureImage, Pipeline};

pub use score::Score;
pub use summary::{Group, Summary};
pub use truth::{BadLine, Expected};

/// The processor time that one image took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Finding words and lines.
    pub find: Duration,
    /// Reading lines of the machine-readable zone.
    pub read_zone: Duration,
    /// Reading lines of printed text.
    pub read_text: Duration,
    /// All of it, with decoding, turning and scaling.
    pub total: Duration,
}

impl Cost {
    /// What none of the steps took.
    pub fn rest(&self) -> Duration {
        self.total.saturating_sub(self.find + self.read_zone + self.read_text)
    }
}

/// Reads one image with the real pipeline and measures what that takes. Nothing else may run in the process
/// meanwhile.
pub fn read(
    pipeline: &Pipeline,
    image: &CaptureImage,
    extent: Extent,
) -> Result<(Result<DocumentFinding, Unreadable>, Cost), Fault> {
    let spent = pipeline.models().text.spent();
    let steps = [ReadingStep::Find, ReadingStep::ReadZone, ReadingStep::ReadText];
    let (before, begun) = (steps.map(|step| spent.so_far(step)), ProcessTime::try_now());
    let found = pipeline.read_extent(image, extent)?;
    let total = begun.and_then(|begun| begun.try_elapsed()).unwrap_or_default();
    let [find, read_zone, read_text] =
        [0, 1, 2].map(|i: usize| spent.so_far(steps[i]).saturating_sub(before[i]));
    Ok((found, Cost { find, read_zone, read_text, total }))
}

#[cfg(test)]
mod tests;

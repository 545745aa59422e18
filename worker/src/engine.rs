//! What decides in a process that runs jobs: the models, or in builds for tests a stand-in that costs nothing.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use idv_common::domain::{
    AuthenticationResult, Claims, ComparisonResult, EnrolmentResult, ImageResult, LivenessUse, ModelStamp,
    Policy, Report,
};
use image::RgbImage;
use jiff::civil::Date;

use crate::evidence::Drawing;
use crate::inference::Fault;
use crate::pipeline::{CaptureImage, Memo, Pipeline, Template};

/// What decides; cheap to clone.
#[derive(Clone)]
pub enum Engine {
    /// The pipeline with its models.
    Models(Arc<Pipeline>),
    /// Nothing: a test sees what the machinery costs.
    #[cfg(feature = "testing")]
    Noop(noop::Noop),
}

impl Engine {
    /// An engine that takes `delay` to find everything in order.
    #[cfg(feature = "testing")]
    pub fn noop(delay: std::time::Duration) -> Self {
        Self::Noop(noop::Noop { delay })
    }

    /// Runs every step over the captures of a verification and decides.
    pub fn verify(
        &self,
        captures: &[CaptureImage],
        claims: &Claims,
        policy: &Policy,
        memo: &mut Memo,
        today: Date,
    ) -> Result<Report, Fault> {
        match self {
            Self::Models(pipeline) => pipeline.run(captures, claims, policy, memo, today),
            #[cfg(feature = "testing")]
            Self::Noop(noop) => Ok(noop.verify(captures, policy)),
        }
    }

    /// The same, and draws what it has found. `None` in place of a drawing that did not come about: that decides nothing.
    pub fn verify_and_draw(
        &self,
        captures: &[CaptureImage],
        claims: &Claims,
        policy: &Policy,
        memo: &mut Memo,
        today: Date,
    ) -> Result<(Report, Option<Drawing>), Fault> {
        match self {
            Self::Models(pipeline) => {
                let (report, pictures) = pipeline.run_on_pictures(captures, claims, policy, memo, today)?;
                let drawing = drawn(|| pictures.annotate(&report));
                Ok((report, drawing))
            }
            #[cfg(feature = "testing")]
            Self::Noop(noop) => Ok((noop.verify(captures, policy), None)),
        }
    }

    /// Draws what a report says of these captures.
    pub fn draw(&self, captures: &[CaptureImage], report: &Report) -> Option<Drawing> {
        match self {
            Self::Models(pipeline) => drawn(|| pipeline.pictures(captures).annotate(report)),
            #[cfg(feature = "testing")]
            Self::Noop(_) => None,
        }
    }

    /// Compares the largest face of one image with the largest of another.
    pub fn compare(&self, images: &[CaptureImage; 2], policy: &Policy) -> Result<ComparisonResult, Fault> {
        match self {
            Self::Models(pipeline) => pipeline.compare(images, policy),
            #[cfg(feature = "testing")]
            Self::Noop(noop) => Ok(noop.compare(images, policy)),
        }
    }

    /// Makes a template of the face on a document or in a photo.
    pub fn enroll(
        &self,
        image: &CaptureImage,
        policy: &Policy,
    ) -> Result<(EnrolmentResult, Option<Template>), Fault> {
        match self {
            Self::Models(pipeline) => pipeline.enroll(image, policy),
            #[cfg(feature = "testing")]
            Self::Noop(noop) => Ok(noop.enroll(image, policy)),
        }
    }

    /// Holds somebody against a template.
    pub fn authenticate(
        &self,
        images: &[CaptureImage],
        template: &Template,
        liveness: LivenessUse,
        policy: &Policy,
    ) -> Result<AuthenticationResult, Fault> {
        match self {
            Self::Models(pipeline) => pipeline.authenticate(images, template, liveness, policy),
            #[cfg(feature = "testing")]
            Self::Noop(noop) => Ok(noop.authenticate(images, policy)),
        }
    }

    /// Looks for a face in an image.
    pub fn inspect(&self, image: &CaptureImage, policy: &Policy) -> Result<ImageResult, Fault> {
        match self {
            Self::Models(pipeline) => pipeline.inspect(image, policy),
            #[cfg(feature = "testing")]
            Self::Noop(noop) => Ok(noop.inspect(image, policy)),
        }
    }

    /// Which model takes each role.
    pub fn model_stamps(&self) -> BTreeMap<String, ModelStamp> {
        match self {
            Self::Models(pipeline) => pipeline.model_stamps().clone(),
            #[cfg(feature = "testing")]
            Self::Noop(_) => BTreeMap::new(),
        }
    }

    /// The roles without a model; their checks are not run.
    pub fn missing_roles(&self) -> Vec<String> {
        match self {
            Self::Models(pipeline) => pipeline.missing_roles(),
            #[cfg(feature = "testing")]
            Self::Noop(_) => Vec::new(),
        }
    }
}

/// A drawing as it is stored. A decision must not fail of one: what goes wrong with it is told to the operator.
fn drawn(draw: impl FnOnce() -> RgbImage) -> Option<Drawing> {
    // The closure only reads what it touches, so nothing half-changed outlives a panic.
    match catch_unwind(AssertUnwindSafe(|| Drawing::of(&draw()))) {
        Ok(Ok(drawing)) => Some(drawing),
        Ok(Err(error)) => {
            tracing::error!(%error, "failed to encode the picture of the evidence");
            None
        }
        Err(_) => {
            tracing::error!("failed to draw the picture of the evidence: it panicked");
            None
        }
    }
}

#[cfg(feature = "testing")]
mod noop {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use idv_common::domain::{
        AuthenticationResult, Check, CheckName, ComparedFaces, ComparisonResult, EnrolmentResult,
        ImageResult, Outcome, Policy, REPORT_SCHEMA, Report, Verdict,
    };

    use crate::pipeline::{CaptureImage, Template};

    /// A capture that contains this ends the process: a job that no worker survives.
    const POISON: &[u8] = b"idv-test-abort";

    /// The similarity of any two images.
    const SIMILARITY: f64 = 0.9;

    /// Looks at no image and finds everything in order.
    #[derive(Debug, Clone, Copy)]
    pub struct Noop {
        pub(super) delay: Duration,
    }

    impl Noop {
        pub(super) fn verify(self, captures: &[CaptureImage], policy: &Policy) -> Report {
            self.work(captures);
            Report {
                schema: REPORT_SCHEMA,
                verdict: Verdict::Verified,
                reasons: Vec::new(),
                checks: CheckName::ALL.iter().map(|name| Check::new(*name, Outcome::Pass)).collect(),
                document: None,
                policy: policy.stamp(),
                models: BTreeMap::new(),
                steps: Vec::new(),
            }
        }

        pub(super) fn compare(self, images: &[CaptureImage; 2], policy: &Policy) -> ComparisonResult {
            self.work(images);
            let faces = images.iter();
            ComparisonResult {
                same: Some(true),
                outcome: Outcome::Pass,
                score: Some(SIMILARITY),
                metric: Some("cosine".to_owned()),
                threshold: None,
                estimated_fmr: None,
                faces: faces
                    .map(|image| ComparedFaces { image: image.kind, count: 0, boxes: Vec::new() })
                    .collect(),
                reasons: Vec::new(),
                policy: policy.stamp(),
                models: BTreeMap::new(),
            }
        }

        pub(super) fn enroll(
            self,
            image: &CaptureImage,
            policy: &Policy,
        ) -> (EnrolmentResult, Option<Template>) {
            self.work(std::slice::from_ref(image));
            let result = EnrolmentResult {
                outcome: Outcome::Pass,
                check: Check::new(CheckName::SelfieFace, Outcome::Pass),
                reasons: Vec::new(),
                policy: policy.stamp(),
                models: BTreeMap::new(),
            };
            (result, Some(Template::default()))
        }

        pub(super) fn authenticate(self, images: &[CaptureImage], policy: &Policy) -> AuthenticationResult {
            self.work(images);
            AuthenticationResult {
                outcome: Outcome::Pass,
                score: Some(SIMILARITY),
                checks: Vec::new(),
                reasons: Vec::new(),
                frames: images.len(),
                policy: policy.stamp(),
                models: BTreeMap::new(),
            }
        }

        pub(super) fn inspect(self, image: &CaptureImage, policy: &Policy) -> ImageResult {
            self.work(std::slice::from_ref(image));
            ImageResult {
                face_found: true,
                faces: ComparedFaces { image: image.kind, count: 1, boxes: Vec::new() },
                reasons: Vec::new(),
                policy: policy.stamp(),
                models: BTreeMap::new(),
            }
        }

        /// Takes its time, unless an image is poison.
        fn work(self, images: &[CaptureImage]) {
            let poisonous = |image: &CaptureImage| image.bytes.windows(POISON.len()).any(|at| at == POISON);
            if images.iter().any(poisonous) {
                std::process::abort();
            }
            if !self.delay.is_zero() {
                std::thread::sleep(self.delay);
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::pipeline::decide::decide;

        #[test]
        fn the_report_of_the_stand_in_is_what_the_policy_decides_over_its_checks() {
            let policy = Policy::default();
            let report = Noop { delay: Duration::ZERO }.verify(&[], &policy);
            assert_eq!((report.verdict, report.reasons), decide(&report.checks, &policy));
        }
    }
}

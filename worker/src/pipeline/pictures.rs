//! The captures of a run as pictures, each decoded once and only if that is needed.

use std::cell::OnceCell;

use idv_common::domain::{CaptureKind, Check, CheckName, Outcome, ReasonCode, Report};
use image::RgbImage;

use super::CaptureImage;
use super::annotate::annotate;
use super::decode::{DecodeLimits, Unreadable, decode};

/// Every capture of a verification, decoded when first needed, to be drawn on.
pub struct Pictures<'a> {
    pub(super) front: Picture<'a>,
    pub(super) back: Picture<'a>,
    pub(super) selfie: Picture<'a>,
    clip: Picture<'a>,
}

impl<'a> Pictures<'a> {
    pub(super) fn of(captures: &'a [CaptureImage], limits: &'a DecodeLimits) -> Self {
        let picture = |kind| Picture::of(captures, kind, limits);
        Self {
            front: picture(CaptureKind::DocumentFront),
            back: picture(CaptureKind::DocumentBack),
            selfie: picture(CaptureKind::Selfie),
            clip: picture(CaptureKind::SelfieClip),
        }
    }

    /// Draws a report onto the captures. One that cannot be decoded is in the report, and has no picture to draw on; nor
    /// has a clip, unless it is a still image.
    pub fn annotate(&self, report: &Report) -> RgbImage {
        let pictures = [&self.front, &self.back, &self.selfie, &self.clip];
        let images: Vec<_> = pictures
            .into_iter()
            .filter_map(|picture| Some((picture.kind, picture.decoded()?.as_ref().ok()?)))
            .collect();
        annotate(&images, report)
    }
}

/// A capture that is decoded when first needed: with all findings stored, never.
pub(super) struct Picture<'a> {
    pub(super) kind: CaptureKind,
    pub(super) capture: Option<&'a CaptureImage>,
    limits: &'a DecodeLimits,
    decoded: OnceCell<Result<RgbImage, Unreadable>>,
}

impl<'a> Picture<'a> {
    fn of(captures: &'a [CaptureImage], kind: CaptureKind, limits: &'a DecodeLimits) -> Self {
        let capture = captures.iter().find(|capture| capture.kind == kind);
        Self { kind, capture, limits, decoded: OnceCell::new() }
    }

    pub(super) fn decoded(&self) -> Option<&Result<RgbImage, Unreadable>> {
        let capture = self.capture?;
        Some(self.decoded.get_or_init(|| decode(&capture.bytes, self.limits)))
    }

    /// Puts the blame for a missing or unreadable picture on the check that depends on it.
    pub(super) fn blame(&self, checks: &mut [Check]) {
        let name = match self.kind {
            CaptureKind::Selfie => CheckName::SelfieFace,
            _ => CheckName::DocumentQuality,
        };
        let (outcome, reason) = match (self.capture, self.decoded.get()) {
            // The back is optional: its absence is nobody's fault.
            (None, _) if self.kind == CaptureKind::DocumentBack => return,
            (None, _) => (Outcome::NotRun, ReasonCode::CaptureMissing),
            (Some(_), Some(Err(unreadable))) => (Outcome::Fail, unreadable.reason),
            (Some(_), _) => return,
        };
        if let Some(check) = checks.iter_mut().find(|check| check.name == name) {
            *check = Check::new(name, outcome).because(reason).detail("capture", self.kind.as_str());
        }
    }
}

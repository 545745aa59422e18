//! Short videos: their frames, decoded by ffmpeg in a process that has given up everything but decoding.
//!
//! A decoder of hostile files is a danger to its process, so it gets one of its own: `idv __decode-video` limits
//! itself ([`confine`]) and becomes ffmpeg. The clip comes to it in sealed memory and the frames come back
//! through a pipe; neither touches a disk. Nothing here knows models, findings or an async runtime.

mod child;
mod confine;
mod ffmpeg;
mod ppm;
mod seccomp;

use std::path::PathBuf;

use idv_common::domain::MediaFormat;
use image::RgbImage;

pub use child::Probe;
pub use confine::{ConfineError, Landlock, confine};
pub use ffmpeg::{Demuxer, exec};

/// The most frames of a clip that are looked at.
pub const MAX_FRAMES: usize = 24;

/// Frames per second that are looked at: a face changes little in a quarter of a second.
const FRAMES_PER_S: u32 = 4;

/// The part of a clip, in seconds from its beginning, that is looked at: what fills [`MAX_FRAMES`].
const LOOKED_AT_S: u32 = 6;

/// The longer side of a frame, in pixels; larger ones are scaled down.
const MAX_SIDE_PX: u32 = 960;

/// What the program exits with when it could not confine itself, and when ffmpeg did not start. The second is
/// also what a dynamic linker exits with that misses a library.
pub const EXIT_NOT_CONFINED: u8 = 126;
/// See [`EXIT_NOT_CONFINED`].
pub const EXIT_NOT_STARTED: u8 = 127;

/// What decodes clips.
#[derive(Debug, Clone)]
pub struct ClipDecoder {
    /// The program that knows `__decode-video`.
    pub program: PathBuf,
    /// ffmpeg: a path, or a name to be found in `PATH`.
    pub ffmpeg: String,
}

/// Why a clip gives no frames: this says something about the file, or that the machine cannot decode any.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no ffmpeg.
    #[error("failed to find `{0}`: install ffmpeg, or set `worker.ffmpeg` to where it is")]
    NoDecoder(String),
    /// The file is no clip, or one that costs more than is spent on one.
    #[error("failed to decode the clip: {0}")]
    Undecodable(&'static str),
}

/// The machinery failed; it says nothing about the file.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The process could not be started or spoken to.
    #[error("failed to run the process that decodes clips: {0}")]
    Process(#[from] std::io::Error),
    /// The process could not limit itself, and decodes nothing without.
    #[error("failed to confine the process that decodes clips: {0}")]
    NotConfined(String),
    /// Somebody ended the process, or the system did for want of memory.
    #[error("failed to decode the clip: ffmpeg was told to stop")]
    Interrupted,
    /// The machine had no time for it: what a file may cost is bounded by processor time, well below this.
    #[error("failed to decode the clip in {} s", .0.as_secs())]
    TooSlow(std::time::Duration),
}

impl ClipDecoder {
    /// A decoder in further processes of this program, even if its file has been replaced meanwhile.
    pub fn of_this_program(ffmpeg: &str) -> Self {
        Self { program: PathBuf::from("/proc/self/exe"), ffmpeg: ffmpeg.to_owned() }
    }

    /// Starts ffmpeg confined, and lets it say its version.
    pub fn probe(&self) -> Result<Result<Probe, Refusal>, Failure> {
        match ffmpeg::find(&self.ffmpeg) {
            Some(ffmpeg) => child::probe(self, &ffmpeg),
            None => Ok(Err(Refusal::NoDecoder(self.ffmpeg.clone()))),
        }
    }
}

/// The frames of a clip in their order, upright; at least one and at most [`MAX_FRAMES`]. It takes up to half a
/// minute and blocks the thread meanwhile.
pub fn decode(
    bytes: &[u8],
    format: MediaFormat,
    decoder: &ClipDecoder,
) -> Result<Result<Vec<RgbImage>, Refusal>, Failure> {
    let Some(demuxer) = Demuxer::of(format) else {
        return Ok(Err(Refusal::Undecodable("the first bytes are of no accepted video format")));
    };
    let Some(ffmpeg) = ffmpeg::find(&decoder.ffmpeg) else {
        return Ok(Err(Refusal::NoDecoder(decoder.ffmpeg.clone())));
    };
    let output = match child::decode(decoder, &ffmpeg, demuxer, bytes)? {
        Ok(output) => output,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let frames = ppm::parse_all(&output, MAX_SIDE_PX, MAX_FRAMES);
    Ok(match frames {
        Some(frames) if !frames.is_empty() => Ok(frames),
        Some(_) => Err(Refusal::Undecodable("it has no frame")),
        None => Err(Refusal::Undecodable("ffmpeg wrote something else than frames")),
    })
}

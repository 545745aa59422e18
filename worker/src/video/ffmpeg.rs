//! Which ffmpeg, and what it is asked to do.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use idv_common::domain::MediaFormat;

use super::{FRAMES_PER_S, LOOKED_AT_S, MAX_FRAMES, MAX_SIDE_PX};

/// The decoders that may be used; every other one, and every other demuxer, is out of a file's reach.
const CODECS: &str = "h264,hevc,vp8,vp9,libdav1d,libaom-av1,av1,mpeg4,mjpeg";

/// The most pixels of a frame as it is stored: 4K.
const MAX_STORED_PIXELS: u32 = 4096 * 2304;

/// The largest single allocation, in bytes.
const MAX_ALLOCATION: u32 = 256 << 20;

/// How a clip is taken apart. The first bytes choose it; ffmpeg itself may not guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demuxer {
    /// MP4 and QuickTime.
    Mov,
    /// WebM and other Matroska.
    Matroska,
}

impl Demuxer {
    /// The one for a format, if that is a video's.
    pub fn of(format: MediaFormat) -> Option<Self> {
        match format {
            MediaFormat::Mp4 | MediaFormat::QuickTime => Some(Self::Mov),
            MediaFormat::WebM => Some(Self::Matroska),
            MediaFormat::Jpeg
            | MediaFormat::Png
            | MediaFormat::WebP
            | MediaFormat::Bmp
            | MediaFormat::Gif => None,
        }
    }

    /// ffmpeg's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mov => "mov",
            Self::Matroska => "matroska",
        }
    }
}

impl std::str::FromStr for Demuxer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Self::Mov, Self::Matroska].into_iter().find(|demuxer| demuxer.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is none of: mov, matroska"))
    }
}

/// The absolute path of a program: a path as it is, a name as `PATH` finds it.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let candidates: Vec<PathBuf> = if program.contains('/') {
        vec![PathBuf::from(program)]
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(program)).collect()
    };
    let found = candidates.into_iter().find(|candidate| candidate.is_file())?;
    std::path::absolute(found).ok()
}

/// Becomes ffmpeg, which reads the clip that standard input is and writes its frames to standard output; without
/// a demuxer it writes its version. Returns only if it cannot be started.
pub fn exec(ffmpeg: &Path, demuxer: Option<Demuxer>) -> std::io::Error {
    let mut command = Command::new(ffmpeg);
    // Libraries that ffmpeg is linked to start threads of their own unless told not to.
    command.env_clear().env("OPENBLAS_NUM_THREADS", "1").env("OMP_NUM_THREADS", "1");
    match demuxer {
        Some(demuxer) => command.args(arguments(demuxer)).exec(),
        None => command.arg("-version").exec(),
    }
}

fn arguments(demuxer: Demuxer) -> Vec<Box<OsStr>> {
    let side = MAX_SIDE_PX;
    // Rotation is applied by ffmpeg itself, before any filter.
    let filter = format!(
        "fps={FRAMES_PER_S},scale=w='min({side},iw)':h='min({side},ih)':force_original_aspect_ratio=decrease"
    );
    let (pixels, allocation) = (MAX_STORED_PIXELS.to_string(), MAX_ALLOCATION.to_string());
    let (seconds, frames) = (LOOKED_AT_S.to_string(), MAX_FRAMES.to_string());
    let general = ["-nostdin", "-hide_banner", "-v", "fatal", "-max_alloc", &allocation];
    // Opened by name, so that it can be read in any order: an index often stands at the end.
    let input = [
        ["-protocol_whitelist", "file,pipe"],
        ["-codec_whitelist", CODECS],
        ["-max_pixels", &pixels],
        ["-threads", "1"],
        ["-fflags", "+discardcorrupt"],
        ["-t", &seconds],
        ["-f", demuxer.as_str()],
        ["-i", "/proc/self/fd/0"],
    ];
    let flags = ["-an", "-sn", "-dn"];
    let output = [
        ["-map", "0:v:0"],
        ["-map_metadata", "-1"],
        ["-filter_threads", "1"],
        ["-vf", &filter],
        ["-frames:v", &frames],
        ["-threads", "1"],
        ["-c:v", "ppm"],
        ["-pix_fmt", "rgb24"],
        ["-f", "image2pipe"],
    ];
    let all = general.iter().chain(input.as_flattened()).chain(&flags).chain(output.as_flattened());
    all.chain(&["pipe:1"]).map(|argument| OsStr::new(argument).into()).collect()
}

//! `idv __decode-video`: limits itself and becomes ffmpeg. The pipeline starts it; nobody types it.

use std::path::PathBuf;
use std::process::ExitCode;

use idv_worker::video::{self, Demuxer};

use super::output;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The path of ffmpeg.
    #[arg(long)]
    ffmpeg: PathBuf,
    /// How to take apart the clip that standard input is; without it ffmpeg says its version.
    #[arg(long)]
    demuxer: Option<Demuxer>,
}

/// Comes back only if ffmpeg does not start. Standard output is ffmpeg's alone.
pub(super) fn run(args: &Args) -> ExitCode {
    let (error, code) = match video::confine(&args.ffmpeg) {
        Ok(landlock) => {
            output::progress(landlock.line());
            (video::exec(&args.ffmpeg, args.demuxer).into(), video::EXIT_NOT_STARTED)
        }
        Err(error) => (error.into(), video::EXIT_NOT_CONFINED),
    };
    output::error(&error);
    ExitCode::from(code)
}

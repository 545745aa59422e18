//! The process that decodes, seen from its parent.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use super::confine::CPU;
use super::{
    ClipDecoder, Demuxer, EXIT_NOT_CONFINED, EXIT_NOT_STARTED, Failure, Landlock, MAX_FRAMES, MAX_SIDE_PX,
    Refusal,
};

/// How long a process may take, whatever it waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at whether it has ended.
const BEAT: Duration = Duration::from_millis(5);

/// The most that is taken from standard output: every frame at its largest, with its header.
const MAX_OUTPUT: u64 = MAX_FRAMES as u64 * (3 * MAX_SIDE_PX as u64 * MAX_SIDE_PX as u64 + 32);

/// The most that is kept of standard error.
const MAX_COMPLAINT: u64 = 4096;

/// What ffmpeg exits with when a signal told it to stop.
const EXIT_STOPPED: i32 = 255;

/// What a confined ffmpeg says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The first line of its version.
    pub version: String,
    /// How far Landlock is in force.
    pub landlock: Landlock,
}

/// Everything that a process left behind.
struct Ended {
    status: ExitStatus,
    in_time: bool,
    took: Duration,
    output: Vec<u8>,
    complaint: Vec<u8>,
}

/// Lets a confined ffmpeg decode a clip, and gives what it wrote.
pub(super) fn decode(
    decoder: &ClipDecoder,
    ffmpeg: &Path,
    demuxer: Demuxer,
    clip: &[u8],
) -> Result<Result<Vec<u8>, Refusal>, Failure> {
    let mut command = command(decoder, ffmpeg);
    command.args(["--demuxer", demuxer.as_str()]).stdin(in_memory(clip)?);
    let ended = run(&mut command)?;
    if Landlock::read(&ended.complaint) == Some(Landlock::Absent) {
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            tracing::warn!(
                "this kernel has no Landlock: the process that decodes clips is confined by seccomp alone"
            );
        });
    }
    judge(decoder, ended)
}

/// Lets a confined ffmpeg say its version.
pub(super) fn probe(decoder: &ClipDecoder, ffmpeg: &Path) -> Result<Result<Probe, Refusal>, Failure> {
    let ended = run(command(decoder, ffmpeg).stdin(Stdio::null()))?;
    let landlock = Landlock::read(&ended.complaint).unwrap_or(Landlock::Absent);
    Ok(judge(decoder, ended)?.map(|output| {
        let text = String::from_utf8_lossy(&output);
        Probe { version: text.lines().next().unwrap_or_default().to_owned(), landlock }
    }))
}

fn command(decoder: &ClipDecoder, ffmpeg: &Path) -> Command {
    let mut command = Command::new(&decoder.program);
    command.arg0("idv").arg("__decode-video").arg("--ffmpeg").arg(ffmpeg);
    // In a process group of its own, so that whoever stops the worker from a terminal does not spoil a verdict.
    command.env_clear().process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A file in memory, unnamed, complete, and never to be changed again.
fn in_memory(clip: &[u8]) -> std::io::Result<File> {
    let memory = memfd_create("clip", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(memory);
    file.write_all(clip)?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(file)
}

/// Runs a process to its end, which comes in [`PATIENCE`] at the latest.
fn run(command: &mut Command) -> Result<Ended, Failure> {
    let started = Instant::now();
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let output = scope.spawn(move || capped(stdout, MAX_OUTPUT));
        let complaint = scope.spawn(move || capped(stderr, MAX_COMPLAINT));
        let (status, in_time) = wait(&mut child)?;
        Ok(Ended {
            status,
            in_time,
            took: started.elapsed(),
            output: output.join().unwrap_or_default(),
            complaint: complaint.join().unwrap_or_default(),
        })
    })
}

/// Waits for a process, and kills it if it takes too long; in any case it is gone afterwards.
fn wait(child: &mut Child) -> std::io::Result<(ExitStatus, bool)> {
    let deadline = Instant::now() + PATIENCE;
    // Whatever keeps it from being waited for, it is not left alone.
    while Instant::now() < deadline
        && let Ok(ended) = child.try_wait()
    {
        if let Some(status) = ended {
            return Ok((status, true));
        }
        std::thread::sleep(BEAT);
    }
    child.kill()?;
    Ok((child.wait()?, false))
}

/// The beginning of a stream; the pipe is then closed, so that who writes more is told by a signal.
fn capped(stream: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // What was read before an error is judged like any other output.
        let _ = stream.take(most).read_to_end(&mut bytes);
    }
    bytes
}

/// Tells a bad file from a missing ffmpeg and from a failure of the machinery.
fn judge(decoder: &ClipDecoder, ended: Ended) -> Result<Result<Vec<u8>, Refusal>, Failure> {
    const STOPS: [i32; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];
    if !ended.in_time {
        return Err(Failure::TooSlow(PATIENCE));
    }
    match (ended.status.code(), ended.status.signal()) {
        (Some(0), _) => Ok(Ok(ended.output)),
        (Some(code), _) if code == i32::from(EXIT_NOT_STARTED) => {
            Ok(Err(Refusal::NoDecoder(decoder.ffmpeg.clone())))
        }
        (Some(code), _) if code == i32::from(EXIT_NOT_CONFINED) => {
            Err(Failure::NotConfined(String::from_utf8_lossy(&ended.complaint).trim().to_owned()))
        }
        (Some(EXIT_STOPPED), _) => Err(Failure::Interrupted),
        (_, Some(signal)) if STOPS.contains(&signal) => Err(Failure::Interrupted),
        // Too early for the limit of processor time, which ends a process in the same way.
        (_, Some(libc::SIGKILL)) if ended.took < CPU => Err(Failure::Interrupted),
        (_, Some(_)) => Ok(Err(Refusal::Undecodable("it costs more than is spent on a clip"))),
        _ => Ok(Err(Refusal::Undecodable("ffmpeg cannot make sense of it"))),
    }
}

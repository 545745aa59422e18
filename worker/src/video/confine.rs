//! What a process gives up before it becomes ffmpeg: resources, the file system, and most system calls.

use std::path::Path;
use std::time::Duration;

use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};

use super::seccomp;

/// Processor time.
pub(super) const CPU: Duration = Duration::from_secs(20);

/// Bytes of address space; ffmpeg's libraries alone take about 350 MiB of it.
const ADDRESS_SPACE: u64 = 1 << 30;

/// Open files.
const FILES: u64 = 32;

/// The newest Landlock whose restrictions are asked for.
const LANDLOCK: ABI = ABI::V6;

/// Where programs and libraries are.
const SYSTEM: [&str; 6] = ["/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin"];

/// The dynamic linker's own files.
const LINKER: [&str; 2] = ["/etc/ld.so.cache", "/etc/ld.so.preload"];

/// How far Landlock, which closes the file system, is in force; that depends on the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landlock {
    /// All of it.
    Full,
    /// What this kernel's version knows; the file system is closed.
    Partial,
    /// The kernel has none: the process could read the files that its user may read.
    Absent,
}

impl Landlock {
    const ALL: [Self; 3] = [Self::Full, Self::Partial, Self::Absent];

    /// The line that the confined process writes on standard error.
    pub fn line(self) -> &'static str {
        match self {
            Self::Full => "landlock: full",
            Self::Partial => "landlock: partial",
            Self::Absent => "landlock: absent",
        }
    }

    /// Reads the first line of a confined process's standard error.
    pub(super) fn read(stderr: &[u8]) -> Option<Self> {
        let first = stderr.split(|byte| *byte == b'\n').next()?;
        Self::ALL.into_iter().find(|landlock| landlock.line().as_bytes() == first)
    }
}

/// Why a process could not limit itself.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// A resource limit was refused.
    #[error("failed to set the limit `{0}`: {1}")]
    Limit(&'static str, std::io::Error),
    /// Landlock is there and failed.
    #[error("failed to close the file system: {0}")]
    Landlock(#[from] RulesetError),
    /// The filter of system calls was refused.
    #[error("failed to filter system calls: {0}")]
    Seccomp(#[from] seccomp::SeccompError),
}

/// Limits this process for good: from here on it can start `ffmpeg` and hardly anything else.
pub fn confine(ffmpeg: &Path) -> Result<Landlock, ConfineError> {
    // Nobody outlives the worker that waits for it.
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|cause| ConfineError::Limit("parent", cause.into()))?;
    limit_resources()?;
    let landlock = close_file_system(ffmpeg)?;
    seccomp::filter()?;
    Ok(landlock)
}

fn limit_resources() -> Result<(), ConfineError> {
    for (name, resource, most) in [
        // With both bounds equal the kernel kills at once; ffmpeg would take the milder signal for an order to stop.
        ("cpu", Resource::Cpu, CPU.as_secs()),
        ("as", Resource::As, ADDRESS_SPACE),
        ("nofile", Resource::Nofile, FILES),
        ("fsize", Resource::Fsize, 0),
        ("core", Resource::Core, 0),
    ] {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|cause| ConfineError::Limit(name, cause.into()))?;
    }
    Ok(())
}

/// Leaves reading and executing below the system's folders, and nothing else: no writing, no connecting, no
/// signals to others. The clip is in memory that no path leads to, and stays readable.
fn close_file_system(ffmpeg: &Path) -> Result<Landlock, RulesetError> {
    let program = AccessFs::ReadFile | AccessFs::Execute;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, AccessFs::from_read(LANDLOCK)))?
        .add_rules(path_beneath_rules(LINKER, AccessFs::ReadFile))?
        .add_rules(path_beneath_rules([ffmpeg], program))?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Landlock::Full,
        RulesetStatus::PartiallyEnforced => Landlock::Partial,
        RulesetStatus::NotEnforced => Landlock::Absent,
    })
}

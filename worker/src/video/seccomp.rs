//! The system calls that a decoder needs: memory, reading, writing what is open, threads, time. Every other one,
//! be it of a later kernel or of another calling convention, is answered with "not permitted".

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Op, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

/// Why there is no filter.
#[derive(Debug, thiserror::Error)]
pub enum SeccompError {
    /// The processor is of a kind that the filter is not made for.
    #[error("no filter can be made for this processor: {0}")]
    Filter(#[from] seccompiler::BackendError),
    /// The kernel refused.
    #[error("the kernel refused the filter: {0}")]
    Kernel(#[from] seccompiler::Error),
}

/// Calls that are harmless whatever their arguments, given that files are closed off and nothing can be connected.
const ALLOWED: &[c_long] = &[
    // Files: what is open are a clip and two pipes.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_fadvise64,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    // Memory.
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_mlock,
    libc::SYS_membarrier,
    libc::SYS_get_mempolicy,
    // Threads and signals of the process itself.
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Time, chance and who one is.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_times,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
];

/// The same by the names that only this architecture still has.
#[cfg(target_arch = "x86_64")]
const ALLOWED_BY_OLD_NAMES: &[c_long] = &[
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_getdents,
    libc::SYS_dup2,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_time,
    libc::SYS_getpgrp,
    libc::SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_BY_OLD_NAMES: &[c_long] = &[];

/// The flags of an opening that may change something, or get around the look at what is opened.
const WRITING: u64 = (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_PATH) as u64;

/// What may be asked about descriptors.
const DESCRIPTORS: [i32; 6] =
    [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_SETFL, libc::F_DUPFD, libc::F_DUPFD_CLOEXEC];

/// Applies the filter to this thread, and to whatever it becomes.
pub(super) fn filter() -> Result<(), SeccompError> {
    // The C library falls back to `clone`, whose flags a filter can see, if it hears that this one is not there.
    apply(
        BTreeMap::from([(libc::SYS_clone3, vec![])]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS as u32),
    )?;
    apply(allowed()?, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)
}

fn apply(
    rules: BTreeMap<c_long, Vec<SeccompRule>>,
    others: SeccompAction,
    listed: SeccompAction,
) -> Result<(), SeccompError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let program = BpfProgram::try_from(SeccompFilter::new(rules, others, listed, architecture)?)?;
    Ok(apply_filter(&program)?)
}

fn allowed() -> Result<BTreeMap<c_long, Vec<SeccompRule>>, SeccompError> {
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> =
        ALLOWED.iter().chain(ALLOWED_BY_OLD_NAMES).map(|call| (*call, Vec::new())).collect();
    let thread = libc::CLONE_THREAD as u64;
    let terminal = [libc::TCGETS, libc::TIOCGWINSZ, libc::FIONREAD];
    let questions = [libc::PR_SET_NAME, libc::PR_GET_NAME, libc::PR_CAPBSET_READ];
    // The first filter has the last word on this one.
    rules.insert(libc::SYS_clone3, Vec::new());
    // Threads, but no further process.
    rules.insert(libc::SYS_clone, vec![rule(0, Length::Qword, Op::MaskedEq(thread), thread)?]);
    // Questions about what is open; whatever else `ioctl` and `prctl` can do is out.
    rules.insert(libc::SYS_ioctl, each(1, terminal)?);
    rules.insert(libc::SYS_prctl, each(0, questions.map(|option| option as u64))?);
    // Reading is limited further by Landlock; writing is not for it, even where there is no Landlock.
    rules.insert(libc::SYS_openat, vec![rule(2, Length::Dword, Op::MaskedEq(WRITING), 0)?]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, vec![rule(1, Length::Dword, Op::MaskedEq(WRITING), 0)?]);
    // Not whom the kernel signals, and by what.
    rules.insert(libc::SYS_fcntl, each(1, DESCRIPTORS.map(|command| command as u64))?);
    // Its own limits and its own end, nobody else's.
    rules.insert(libc::SYS_prlimit64, each(0, [0])?);
    rules.insert(libc::SYS_tgkill, each(0, [u64::from(std::process::id())])?);
    Ok(rules)
}

/// Allows a call if its argument of that number has one of the values.
fn each<const N: usize>(argument: u8, values: [u64; N]) -> Result<Vec<SeccompRule>, SeccompError> {
    values.into_iter().map(|value| rule(argument, Length::Dword, Op::Eq, value)).collect()
}

fn rule(argument: u8, length: Length, operation: Op, value: u64) -> Result<SeccompRule, SeccompError> {
    Ok(SeccompRule::new(vec![SeccompCondition::new(argument, length, operation, value)?])?)
}

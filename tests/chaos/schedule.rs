//! The schedule of a run: which fault strikes what, when and for how long. A seed decides all of it in advance.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::chance::Chance;

/// What can happen to a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// `kill -9` of the broker, which is started again later.
    KillBroker,
    /// `kill -9` of the database, which is started again later.
    KillDatabase,
    /// SIGSTOP of a process, and SIGCONT later; some stay stopped for longer than a lease.
    Stop,
    /// Neither side of a link hears of the other, and nobody is told.
    HalfOpen,
    /// Every byte on a link takes its time.
    Delay,
    /// The connections of a link break, and new ones are refused.
    Drop,
    /// `kill -9` of a process that runs jobs.
    KillWorker,
    /// `kill -9` of a process that publishes and sweeps.
    KillRelay,
    /// `kill -9` of a process that serves HTTP.
    KillApi,
}

impl Kind {
    /// Every kind; those that keep their target for longest come first, because they are placed first.
    pub(crate) const ALL: [Self; 9] = [
        Self::KillBroker,
        Self::KillDatabase,
        Self::Stop,
        Self::HalfOpen,
        Self::Delay,
        Self::Drop,
        Self::KillWorker,
        Self::KillRelay,
        Self::KillApi,
    ];

    /// What it can strike: processes by name, servers and the links to them by the server's name.
    fn targets(self) -> &'static [&'static str] {
        match self {
            Self::KillBroker => &["rabbitmq"],
            Self::KillDatabase => &["postgres"],
            Self::Stop => &["api-1", "api-2", "relay-1", "relay-2", "verify-1", "verify-2"],
            Self::HalfOpen | Self::Delay | Self::Drop => &["postgres", "rabbitmq", "s3"],
            Self::KillWorker => &["verify-1", "verify-2"],
            Self::KillRelay => &["relay-1", "relay-2"],
            Self::KillApi => &["api-1", "api-2"],
        }
    }

    /// How often it strikes in nine minutes.
    fn usual(self) -> u64 {
        match self {
            Self::KillBroker => 6,
            Self::KillDatabase => 8,
            Self::Stop => 16,
            Self::HalfOpen | Self::Delay | Self::KillRelay | Self::KillApi => 12,
            Self::Drop | Self::KillWorker => 14,
        }
    }

    /// Milliseconds after its end that its target is left alone: servers take their time to come back.
    fn recovery_ms(self) -> u64 {
        match self {
            Self::KillBroker => 18_000,
            Self::KillDatabase => 4_000,
            _ => 1_500,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::KillBroker => "kill broker",
            Self::KillDatabase => "kill database",
            Self::Stop => "stop process",
            Self::HalfOpen => "half-open link",
            Self::Delay => "delay link",
            Self::Drop => "drop link",
            Self::KillWorker => "kill worker",
            Self::KillRelay => "kill relay",
            Self::KillApi => "kill API",
        })
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    /// When it strikes, in milliseconds from the begin of the load.
    pub(crate) at_ms: u64,
    /// What happens.
    pub(crate) kind: Kind,
    /// To what.
    pub(crate) target: &'static str,
    /// For how long, in milliseconds; 0 for a process that is killed, which its supervisor starts again.
    pub(crate) lasting_ms: u64,
    /// The latency of a slow link in each direction, in milliseconds.
    pub(crate) latency_ms: u64,
    /// Whether a half-open link delivers in the end what it held back; else its connections break.
    pub(crate) resumes: bool,
}

impl Fault {
    /// The `nth` fault of a kind, which strikes its targets in turn.
    fn draw(kind: Kind, nth: u64, target: &'static str, size: (u64, u64), chance: &mut Chance) -> Self {
        let (window_ms, lease_ms) = size;
        let lasting_ms = match kind {
            Kind::KillBroker => chance.between(500, 8_000),
            Kind::KillDatabase => chance.between(200, 6_000),
            // Every fourth is longer than a lease.
            Kind::Stop if nth.is_multiple_of(4) => chance.between(lease_ms + 4_000, lease_ms + 10_000),
            Kind::Stop => chance.between(500, 15_000),
            Kind::HalfOpen => chance.between(2_000, 25_000),
            Kind::Delay => chance.between(3_000, 15_000),
            Kind::Drop => chance.between(300, 8_000),
            Kind::KillWorker | Kind::KillRelay | Kind::KillApi => 0,
        };
        let lasting_ms = lasting_ms.min(window_ms / 2);
        Self {
            at_ms: chance.between(0, window_ms - lasting_ms),
            kind,
            target,
            lasting_ms,
            latency_ms: if kind == Kind::Delay { chance.between(50, 1_500) } else { 0 },
            resumes: kind == Kind::HalfOpen && chance.between(0, 1) == 0,
        }
    }

    /// Whether both strike the same target at the same time.
    fn overlaps(&self, other: &Self) -> bool {
        let end = |fault: &Self| fault.at_ms + fault.lasting_ms + fault.kind.recovery_ms();
        self.target == other.target && self.at_ms < end(other) && other.at_ms < end(self)
    }
}

/// Draws the faults of `window`, in order of time: at least one of every kind, and never two on one target at a
/// time. The same arguments give the same schedule.
pub(crate) fn draw(seed: u64, window: Duration, lease: Duration) -> Vec<Fault> {
    let size = (window.as_millis() as u64, lease.as_millis() as u64);
    let mut chance = Chance::new(seed, 0);
    let mut faults: Vec<Fault> = Vec::new();
    for kind in Kind::ALL {
        let first = chance.between(0, 5);
        for nth in 0..(kind.usual() * size.0 / 540_000).max(1) {
            let target = kind.targets()[(first + nth) as usize % kind.targets().len()];
            // In a window that is too full, the last draw is taken as it is.
            let mut fault = Fault::draw(kind, nth, target, size, &mut chance);
            for _ in 0..10_000 {
                if !faults.iter().any(|placed| placed.overlaps(&fault)) {
                    break;
                }
                fault = Fault::draw(kind, nth, target, size, &mut chance);
            }
            faults.push(fault);
        }
    }
    faults.sort_by_key(|fault| (fault.at_ms, fault.kind));
    faults
}

//! The nemesis: strikes as the schedule says.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::proxy::Mode;
use crate::schedule::{Fault, Kind};
use crate::system::System;

/// A fault as it happened, with its begin and its end by the history's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Struck {
    pub(crate) target: &'static str,
    pub(crate) begin_ms: u64,
    pub(crate) end_ms: u64,
}

/// Lets every fault happen at its time, and returns when the last one is over.
pub(crate) fn strike(system: &System, faults: &[Fault]) -> anyhow::Result<Vec<Struck>> {
    let begin = Instant::now();
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (number, fault) in faults.iter().enumerate() {
            let due = begin + Duration::from_millis(fault.at_ms);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let outcomes = &outcomes;
            scope.spawn(move || {
                let begin_ms = system.history.now_ms();
                system.history.note("fault_began", json!({ "number": number, "fault": fault }));
                let injected = inject(system, fault);
                system.history.note("fault_ended", json!({ "number": number }));
                let end_ms = system.history.now_ms();
                let outcome = injected.map(|()| Struck { target: fault.target, begin_ms, end_ms });
                outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
            });
        }
    });
    outcomes.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect()
}

/// One fault, from its begin to its end.
fn inject(system: &System, fault: &Fault) -> anyhow::Result<()> {
    let lasting = Duration::from_millis(fault.lasting_ms);
    match fault.kind {
        Kind::KillApi | Kind::KillRelay | Kind::KillWorker => system.process(fault.target)?.signal("KILL"),
        Kind::KillBroker | Kind::KillDatabase => {
            system.servers.kill(fault.target)?;
            std::thread::sleep(lasting);
            system.servers.start(fault.target)
        }
        Kind::Stop => {
            let process = system.process(fault.target)?;
            process.signal("STOP")?;
            std::thread::sleep(lasting);
            process.signal("CONT")
        }
        Kind::Drop => disturb(system, fault, Mode::Drop),
        Kind::Delay => disturb(system, fault, Mode::Delay(Duration::from_millis(fault.latency_ms))),
        Kind::HalfOpen => disturb(system, fault, Mode::HalfOpen { resumes: fault.resumes }),
    }
}

fn disturb(system: &System, fault: &Fault, mode: Mode) -> anyhow::Result<()> {
    let link = system.servers.link(fault.target)?;
    link.set(mode);
    std::thread::sleep(Duration::from_millis(fault.lasting_ms));
    link.set(Mode::Pass);
    Ok(())
}

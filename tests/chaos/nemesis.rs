//! The nemesis: strikes as the schedule says.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::proxy::Mode;
use crate::schedule::{Fault, Kind};
use crate::system::System;

/// Lets every fault happen at its time, and returns when the last one is over.
pub(crate) fn strike(system: &System, faults: &[Fault]) -> anyhow::Result<()> {
    let begin = Instant::now();
    let failed = Mutex::new(None);
    std::thread::scope(|scope| {
        for (number, fault) in faults.iter().enumerate() {
            let due = begin + Duration::from_millis(fault.at_ms);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let failed = &failed;
            scope.spawn(move || {
                system.history.note("fault_began", json!({ "number": number, "fault": fault }));
                if let Err(error) = inject(system, fault) {
                    failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                }
                system.history.note("fault_ended", json!({ "number": number }));
            });
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
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

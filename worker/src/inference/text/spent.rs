//! How much processor time reading takes, by step, for measurements.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cpu_time::ProcessTime;

/// A step of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingStep {
    /// Finding words and joining them into lines.
    Find,
    /// Reading lines that may belong to a machine-readable zone.
    ReadZone,
    /// Reading lines of printed text.
    ReadText,
}

/// The processor time that the process spent while a step ran. Where several threads read at once each of them
/// counts what all spend, so that the figures mean something only where one reads.
#[derive(Debug, Default)]
pub struct Spent([AtomicU64; 3]);

impl Spent {
    /// Runs a step and counts what it takes.
    pub(super) fn on<T>(&self, step: ReadingStep, work: impl FnOnce() -> T) -> T {
        let begun = ProcessTime::try_now();
        let done = work();
        let nanos = begun.and_then(|begun| begun.try_elapsed()).unwrap_or_default().as_nanos();
        self.0[step as usize].fetch_add(u64::try_from(nanos).unwrap_or(u64::MAX), Ordering::Relaxed);
        done
    }

    /// What a step has taken since the process began.
    pub fn so_far(&self, step: ReadingStep) -> Duration {
        Duration::from_nanos(self.0[step as usize].load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_under_its_step_and_waiting_is_not() {
        let spent = Spent::default();
        spent.on(ReadingStep::ReadZone, || {
            let begun = ProcessTime::now();
            while begun.elapsed() < Duration::from_millis(20) {
                std::hint::spin_loop();
            }
        });
        assert!(spent.so_far(ReadingStep::ReadZone) >= Duration::from_millis(20));
        assert_eq!(spent.so_far(ReadingStep::Find), Duration::ZERO);
    }
}

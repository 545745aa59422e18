//! The memory of earlier runs over the same images: a step whose input, models and code are unchanged is not
//! run again.

use std::collections::HashMap;
use std::time::Instant;

use idv_common::domain::{StepKey, StepTiming};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::inference::Fault;

type Observer = Box<dyn FnMut(&StepTiming) + Send>;

/// Findings of earlier runs, and those of this one.
#[derive(Default)]
pub struct Memo {
    known: HashMap<StepKey, Vec<u8>>,
    new: Vec<(StepKey, Vec<u8>)>,
    timings: Vec<StepTiming>,
    observer: Option<Observer>,
    recall_only: bool,
}

impl Memo {
    /// Calls `observer` at the end of each step.
    pub fn on_step(mut self, observer: impl FnMut(&StepTiming) + Send + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Gives stored findings alone: a step that has none is a [`Fault::Unseen`], and no image is looked at.
    pub fn recall_only(self) -> Self {
        Self { recall_only: true, ..self }
    }

    /// Adds a finding of an earlier run, as [`Memo::into_new`] gave it.
    pub fn remember(&mut self, key: StepKey, finding: Vec<u8>) {
        self.known.insert(key, finding);
    }

    /// The findings that this run made, to be stored.
    pub fn into_new(self) -> impl Iterator<Item = (StepKey, Vec<u8>)> {
        self.new.into_iter()
    }

    /// How long each step took.
    pub fn timings(&self) -> &[StepTiming] {
        &self.timings
    }

    /// The finding of a step: the stored one, or else what `find` makes of it. `None`, that there was nothing
    /// to look at, is not stored.
    pub(super) fn step<T: Serialize + DeserializeOwned>(
        &mut self,
        key: StepKey,
        find: impl FnOnce() -> Result<Option<T>, Fault>,
    ) -> Result<Option<T>, Fault> {
        let started = Instant::now();
        // A finding that an older version wrote in another shape is as good as none.
        let stored = self.known.get(&key).and_then(|json| serde_json::from_slice(json).ok());
        let reused = stored.is_some();
        let finding = match stored {
            Some(finding) => Some(finding),
            None if self.recall_only => return Err(Fault::Unseen { step: key.step }),
            None => {
                let finding = find()?;
                if let Some(Ok(json)) = finding.as_ref().map(serde_json::to_vec) {
                    self.new.push((key.clone(), json));
                }
                finding
            }
        };
        let timing = StepTiming { step: key.step, ms: started.elapsed().as_secs_f64() * 1e3, reused };
        if let Some(observer) = &mut self.observer {
            observer(&timing);
        }
        self.timings.push(timing);
        Ok(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(version: i32) -> StepKey {
        StepKey {
            step: "read".to_owned(),
            input_sha256: "aa".to_owned(),
            model_digest: "bb".to_owned(),
            step_version: version,
        }
    }

    #[test]
    fn a_step_runs_once_per_key() {
        let mut first = Memo::default();
        assert_eq!(first.step(key(1), || Ok(Some(41))).unwrap(), Some(41));
        let mut second = Memo::default();
        first.into_new().for_each(|(key, finding)| second.remember(key, finding));
        assert_eq!(second.step(key(1), || Ok(Some(42))).unwrap(), Some(41));
        assert_eq!(second.step(key(2), || Ok(Some(43))).unwrap(), Some(43));
        let mut recalled = Memo::default().recall_only();
        recalled.remember(key(1), b"41".to_vec());
        assert_eq!(recalled.step(key(1), || Ok(Some(42))).unwrap(), Some(41));
        let unseen = recalled.step(key(2), || Ok(Some(43)));
        assert!(matches!(unseen, Err(Fault::Unseen { step }) if step == "read"));
        let reused: Vec<bool> = second.timings().iter().map(|timing| timing.reused).collect();
        assert_eq!(reused, [true, false]);
    }
}

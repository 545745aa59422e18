//! Intake: which message is worked on next. A slot comes first and a message second, so that no message is taken
//! that cannot be worked on.

use std::sync::Arc;
use std::time::Duration;

use idv_common::domain::QueueName;
use idv_common::queue::{Consumer, Delivery, Queue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Of so many slots that are given in a row, one goes to batch work if there is any.
const BATCH_EVERY: u32 = 10;

/// How long a free slot is kept for the next interactive message. While interactive work fills all slots it also
/// fills its window at the broker, so that its next message is only sent when one was acknowledged.
const ARRIVAL: Duration = Duration::from_millis(10);

/// Who is asked first: interactive work, and batch work when it has waited for long enough.
#[derive(Debug, Default)]
struct Turns {
    since_batch: u32,
}

impl Turns {
    /// Whether batch work goes before interactive work this time.
    fn batch_first(&self) -> bool {
        self.since_batch + 1 >= BATCH_EVERY
    }

    /// Notes who got the slot.
    fn given(&mut self, queue: QueueName) {
        self.since_batch = match queue {
            QueueName::Batch => 0,
            _ => self.since_batch.saturating_add(1),
        };
    }
}

/// The messages of a process, in the order in which they are to be worked on.
pub(crate) struct Intake {
    interactive: Consumer,
    batch: Consumer,
    slots: Arc<Semaphore>,
    /// The slots that batch work may hold: not the last one, unless there is only one.
    batch_slots: Arc<Semaphore>,
    batch_limit: usize,
    turns: Turns,
}

/// The right to work on one message, until dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    _slot: OwnedSemaphorePermit,
    batch: Option<OwnedSemaphorePermit>,
}

impl Slot {
    fn queue(&self) -> QueueName {
        if self.batch.is_some() { QueueName::Batch } else { QueueName::Interactive }
    }
}

impl Intake {
    /// The intake of a process that works on `slots` messages at once.
    pub(crate) fn new(queue: &Queue, slots: usize) -> Self {
        let batch_limit = slots.saturating_sub(1).max(1);
        let consume =
            |name, prefetch: usize| queue.consume(name, u16::try_from(prefetch).unwrap_or(u16::MAX));
        Self {
            interactive: consume(QueueName::Interactive, slots),
            batch: consume(QueueName::Batch, batch_limit),
            slots: Arc::new(Semaphore::new(slots)),
            batch_slots: Arc::new(Semaphore::new(batch_limit)),
            batch_limit,
            turns: Turns::default(),
        }
    }

    /// The next message and the slot for it. Cancelling the wait loses nothing.
    pub(crate) async fn next(&mut self) -> Option<(Delivery, Slot)> {
        // Neither semaphore is ever closed.
        let slot = self.slots.clone().acquire_owned().await.ok()?;
        let batch_first = self.turns.batch_first();
        let kept_until = (!batch_first && self.is_all_interactive()).then(|| Instant::now() + ARRIVAL);
        let interactive = async { (self.interactive.next().await, None) };
        let batch = async {
            let share = self.batch_slots.clone().acquire_owned().await.ok();
            if let Some(time) = kept_until {
                tokio::time::sleep_until(time).await;
            }
            (self.batch.next().await, share)
        };
        let (delivery, batch) = match batch_first {
            true => first_ready(batch, interactive).await,
            false => first_ready(interactive, batch).await,
        };
        let slot = Slot { _slot: slot, batch };
        self.turns.given(slot.queue());
        Some((delivery, slot))
    }

    /// Whether interactive work holds all slots but the one that was just taken.
    fn is_all_interactive(&self) -> bool {
        self.slots.available_permits() == 0 && self.batch_slots.available_permits() == self.batch_limit
    }
}

/// What is there first; `favourite` if both are.
async fn first_ready<T>(favourite: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        ready = favourite => ready,
        ready = other => ready,
    }
}

#[cfg(test)]
mod tests {
    use idv_common::domain::{JobId, JobKind};
    use idv_common::queue::{MESSAGE_SCHEMA, Message};

    use super::*;

    async fn publish(queue: &Queue, name: QueueName, count: usize) {
        let message =
            |_| Message { schema: MESSAGE_SCHEMA, job_id: JobId::generate(), kind: JobKind::Verify };
        let results = queue.publish_all(name, (0..count).map(message).collect()).await;
        assert!(results.iter().all(Result::is_ok));
    }

    async fn next(intake: &mut Intake) -> Slot {
        intake.next().await.unwrap().1
    }

    async fn is_idle(intake: &mut Intake) -> bool {
        tokio::time::timeout(ARRIVAL * 5, intake.next()).await.is_err()
    }

    #[test]
    fn of_ten_slots_in_a_row_batch_gets_one_and_interactive_nine() {
        let mut turns = Turns::default();
        let given: Vec<bool> = (0..1000)
            .map(|_| {
                let batch = turns.batch_first();
                turns.given(if batch { QueueName::Batch } else { QueueName::Interactive });
                batch
            })
            .collect();
        for window in given.chunks(BATCH_EVERY as usize) {
            assert_eq!(window.iter().filter(|batch| **batch).count(), 1);
        }
    }

    #[test]
    fn batch_work_that_was_not_there_in_its_turn_is_next_when_it_comes() {
        let mut turns = Turns::default();
        for _ in 0..50 {
            turns.given(QueueName::Interactive);
        }
        assert!(turns.batch_first());
        turns.given(QueueName::Batch);
        assert!(!turns.batch_first());
    }

    #[tokio::test]
    async fn under_saturated_interactive_load_batch_gets_every_tenth_slot() {
        let queue = Queue::in_process();
        publish(&queue, QueueName::Interactive, 100).await;
        publish(&queue, QueueName::Batch, 100).await;
        let mut intake = Intake::new(&queue, 2);
        let mut busy = next(&mut intake).await;
        let mut batch = 0;
        for _ in 0..100 {
            let slot = next(&mut intake).await;
            batch += usize::from(slot.queue() == QueueName::Batch);
            busy = slot;
        }
        drop(busy);
        assert_eq!(batch, 10);
    }

    #[tokio::test]
    async fn batch_never_holds_the_last_slot() {
        let queue = Queue::in_process();
        publish(&queue, QueueName::Batch, 5).await;
        let mut intake = Intake::new(&queue, 3);
        let busy = [next(&mut intake).await, next(&mut intake).await];
        assert!(is_idle(&mut intake).await);
        publish(&queue, QueueName::Interactive, 1).await;
        assert_eq!(next(&mut intake).await.queue(), QueueName::Interactive);
        drop(busy);
    }

    #[tokio::test]
    async fn batch_goes_on_when_a_batch_job_ends_though_nothing_interactive_comes() {
        let queue = Queue::in_process();
        publish(&queue, QueueName::Batch, 2).await;
        let mut intake = Intake::new(&queue, 2);
        let busy = next(&mut intake).await;
        let (next, ()) = tokio::join!(next(&mut intake), async { drop(busy) });
        assert_eq!(next.queue(), QueueName::Batch);
    }

    #[tokio::test]
    async fn a_single_slot_serves_both_queues() {
        let queue = Queue::in_process();
        publish(&queue, QueueName::Batch, 1).await;
        let mut intake = Intake::new(&queue, 1);
        assert_eq!(next(&mut intake).await.queue(), QueueName::Batch);
        publish(&queue, QueueName::Interactive, 1).await;
        assert_eq!(next(&mut intake).await.queue(), QueueName::Interactive);
    }
}

//! Group commits: what many callers ask for at the same time is done in one transaction.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

/// The most that one transaction takes.
const LARGEST: usize = 64;

/// Gathers what callers submit. While one group is being worked on the next one gathers, so that nobody waits
/// for a group to fill up.
pub(crate) struct Group<I, O> {
    submitted: mpsc::Sender<Submitted<I, O>>,
}

struct Submitted<I, O> {
    item: I,
    reply: oneshot::Sender<O>,
}

impl<I, O> Clone for Group<I, O> {
    fn clone(&self) -> Self {
        Self { submitted: self.submitted.clone() }
    }
}

impl<I: Send + 'static, O: Send + 'static> Group<I, O> {
    /// A group whose items `work` turns into as many outcomes in the same order, `at_once` groups at a time. Must be
    /// called within a runtime.
    pub(crate) fn start<F>(at_once: usize, work: impl Fn(Vec<I>) -> F + Clone + Send + 'static) -> Self
    where
        F: Future<Output = Vec<O>> + Send + 'static,
    {
        let (submitted, waiting) = mpsc::channel::<Submitted<I, O>>(LARGEST);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..at_once {
            tokio::spawn(take_groups(waiting.clone(), work.clone()));
        }
        Self { submitted }
    }

    /// The outcome of `item`; `None` if the group is at its end.
    pub(crate) async fn submit(&self, item: I) -> Option<O> {
        let (reply, outcome) = oneshot::channel();
        self.submitted.send(Submitted { item, reply }).await.ok()?;
        outcome.await.ok()
    }
}

async fn take_groups<I, O, F>(
    waiting: Arc<Mutex<mpsc::Receiver<Submitted<I, O>>>>,
    work: impl Fn(Vec<I>) -> F,
) where
    F: Future<Output = Vec<O>>,
{
    let mut group = Vec::with_capacity(LARGEST);
    while waiting.lock().await.recv_many(&mut group, LARGEST).await > 0 {
        let (items, replies): (Vec<_>, Vec<_>) =
            group.drain(..).map(|submitted| (submitted.item, submitted.reply)).unzip();
        for (outcome, reply) in work(items).await.into_iter().zip(replies) {
            // Whoever has stopped waiting does not need to know.
            let _ = reply.send(outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::Semaphore;
    use tokio::task::JoinSet;

    use super::*;

    /// A group that doubles numbers, a group at a time as `gate` lets it; and the sizes of its groups.
    fn doubling(gate: &Arc<Semaphore>) -> (Group<u32, u32>, Arc<Mutex<Vec<usize>>>) {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let (gate, seen) = (gate.clone(), sizes.clone());
        let group = Group::start(1, move |items: Vec<u32>| {
            seen.lock().unwrap().push(items.len());
            let gate = gate.clone();
            async move {
                gate.acquire().await.unwrap().forget();
                items.into_iter().map(|item| item * 2).collect()
            }
        });
        (group, sizes)
    }

    #[tokio::test]
    async fn what_comes_while_a_group_is_under_way_makes_up_the_next() {
        let gate = Arc::new(Semaphore::new(0));
        let (group, sizes) = doubling(&gate);
        let mut callers = JoinSet::new();
        for item in 0..40 {
            let group = group.clone();
            callers.spawn(async move { (item, group.submit(item).await) });
            // One after another: the first makes up a group alone, and the others wait for it.
            tokio::task::yield_now().await;
        }
        gate.add_permits(2);
        while let Some(answered) = callers.join_next().await {
            let (item, outcome) = answered.unwrap();
            assert_eq!(outcome, Some(item * 2));
        }
        assert_eq!(*sizes.lock().unwrap(), [1, 39]);
    }

    #[tokio::test]
    async fn a_single_item_does_not_wait_for_others() {
        let (group, sizes) = doubling(&Arc::new(Semaphore::new(3)));
        for item in 1..=3 {
            assert_eq!(group.submit(item).await, Some(item * 2));
        }
        assert_eq!(*sizes.lock().unwrap(), [1, 1, 1]);
    }

    #[tokio::test]
    async fn a_caller_that_leaves_disturbs_no_other() {
        let gate = Arc::new(Semaphore::new(0));
        let (group, _) = doubling(&gate);
        let leaving = tokio::spawn({
            let group = group.clone();
            async move { group.submit(1).await }
        });
        tokio::task::yield_now().await;
        leaving.abort();
        gate.add_permits(2);
        assert_eq!(group.submit(2).await, Some(4));
    }
}

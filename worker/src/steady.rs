//! A subscription that lasts. To be removed when `Consumer::next` supervises itself.

use std::time::Duration;

use idv_common::domain::QueueName;
use idv_common::queue::{Consumer, Delivery, Message, Queue};
use tokio_util::task::AbortOnDropHandle;

/// A consumer that subscribes again by itself.
pub(crate) struct Steady {
    queue: Queue,
    name: QueueName,
    prefetch: u16,
    state: State,
}

enum State {
    /// A task of its own subscribes, because whoever waits for a message leaves again and again.
    Subscribing(AbortOnDropHandle<Consumer>),
    Subscribed(Consumer),
}

impl Steady {
    pub(crate) fn new(queue: &Queue, name: QueueName, prefetch: u16) -> Self {
        Self { queue: queue.clone(), name, prefetch, state: subscribe(queue, name, prefetch) }
    }

    pub(crate) async fn next(&mut self) -> Delivery {
        loop {
            match &mut self.state {
                State::Subscribing(subscription) => {
                    self.state = match subscription.await {
                        Ok(consumer) => State::Subscribed(consumer),
                        Err(_) => subscribe(&self.queue, self.name, self.prefetch),
                    };
                }
                State::Subscribed(consumer) => match consumer.next().await {
                    Ok(delivery) => return delivery,
                    Err(error) => {
                        tracing::warn!(%error, queue = %self.name, "lost the queue");
                        self.state = subscribe(&self.queue, self.name, self.prefetch);
                    }
                },
            }
        }
    }
}

fn subscribe(queue: &Queue, name: QueueName, prefetch: u16) -> State {
    let queue = queue.clone();
    State::Subscribing(AbortOnDropHandle::new(tokio::spawn(async move {
        let mut pause = Duration::from_millis(200);
        loop {
            match queue.consume(name, prefetch).await {
                Ok(consumer) => return consumer,
                Err(error) => tracing::warn!(%error, queue = %name, "failed to consume"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    })))
}

/// To be replaced by `Queue::drain_dead`.
pub(crate) async fn drain_dead(_queue: &Queue, _limit: usize) -> anyhow::Result<Vec<Message>> {
    Ok(Vec::new())
}

//! To be removed when `Consumer::next` supervises itself: this does it meanwhile.

use std::time::Duration;

use idv_common::domain::QueueName;
use idv_common::queue::{Consumer, Delivery, Message, Queue};

/// A consumer that subscribes again by itself.
pub(crate) struct Steady {
    queue: Queue,
    name: QueueName,
    prefetch: u16,
    consumer: Option<Consumer>,
}

impl Steady {
    pub(crate) fn new(queue: &Queue, name: QueueName, prefetch: u16) -> Self {
        Self { queue: queue.clone(), name, prefetch, consumer: None }
    }

    pub(crate) async fn next(&mut self) -> Delivery {
        let mut pause = Duration::from_millis(200);
        loop {
            let failed = match &mut self.consumer {
                Some(consumer) => match consumer.next().await {
                    Ok(delivery) => return delivery,
                    Err(error) => error,
                },
                None => match self.queue.consume(self.name, self.prefetch).await {
                    Ok(consumer) => {
                        self.consumer = Some(consumer);
                        continue;
                    }
                    Err(error) => error,
                },
            };
            tracing::warn!(error = %failed, queue = %self.name, "failed to consume");
            self.consumer = None;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }
}

/// To be replaced by `Queue::drain_dead`.
pub(crate) async fn drain_dead(_queue: &Queue, _limit: usize) -> anyhow::Result<Vec<Message>> {
    Ok(Vec::new())
}

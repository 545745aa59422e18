//! The queue: ids of jobs, on their way to whoever has a slot free.
//!
//! It may lose messages and deliver them twice; the jobs table decides what is done. A delivery is consumed
//! by [`Delivery::ack`] or [`Delivery::reject`].

mod memory;
mod rabbitmq;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::{JobId, JobKind, QueueName};

/// The message format; raised when an old consumer would misread a new message.
pub const MESSAGE_SCHEMA: u32 = 1;

/// What travels: ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// [`MESSAGE_SCHEMA`] at the time of publishing.
    pub schema: u32,
    /// The job.
    pub job_id: JobId,
    /// Its kind.
    pub kind: JobKind,
}

/// A failure of the queue.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The queue holds as much as it takes.
    #[error("failed to publish to the queue `{0}`: it is full")]
    Full(QueueName),
    /// The broker is gone or does not answer; what was asked may or may not have been done.
    #[error("failed to reach the queue: {0}")]
    Lost(String),
    /// Somebody made the queue otherwise.
    #[error(
        "failed to use the broker's queue `{queue}`: it exists with other arguments; delete it when it is empty, or set another `queue.prefix` ({cause})"
    )]
    Mismatch {
        /// The queue's name on the broker.
        queue: String,
        /// What the broker said.
        cause: String,
    },
    /// A setting that cannot be used.
    #[error("failed to use the setting {0}")]
    Setting(String),
}

/// The queue of a process.
#[derive(Clone)]
pub enum Queue {
    /// In this process, for embedded mode.
    Memory(memory::Broker),
    /// On a broker, for production.
    RabbitMq(rabbitmq::Broker),
}

impl Queue {
    /// A queue inside this process; what it holds is forgotten on exit.
    pub fn in_process() -> Self {
        Self::Memory(memory::Broker::new())
    }

    /// A queue on a RabbitMQ broker; connections are made when first needed.
    pub fn rabbitmq(config: &crate::config::QueueConfig) -> Result<Self, Error> {
        Ok(Self::RabbitMq(rabbitmq::Broker::new(config)?))
    }

    /// Whether messages are gone when the process ends, so that all must be published again at its start.
    pub fn forgets_on_exit(&self) -> bool {
        match self {
            Self::Memory(_) => true,
            Self::RabbitMq(_) => false,
        }
    }

    /// Publishes messages in order, all of them before the first confirm is awaited; those whose result is `Ok`
    /// the queue has taken over. Takes a few seconds at most.
    pub async fn publish_all(&self, queue: QueueName, messages: Vec<Message>) -> Vec<Result<(), Error>> {
        match self {
            Self::Memory(broker) => {
                messages.into_iter().map(|message| broker.publish(queue, message)).collect()
            }
            Self::RabbitMq(broker) => broker.publish_all(queue, &messages).await,
        }
    }

    /// Whether the queue answers, within 3 s.
    pub async fn ping(&self) -> Result<(), Error> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::RabbitMq(broker) => broker.ping().await,
        }
    }

    /// Consumes a queue from the first [`Consumer::next`] on; at most `prefetch` deliveries are unacknowledged at
    /// once, if the queue is on a broker.
    pub fn consume(&self, queue: QueueName, prefetch: u16) -> Consumer {
        match self {
            Self::Memory(broker) => Consumer::Memory(broker.consume(queue)),
            Self::RabbitMq(broker) => Consumer::RabbitMq(broker.consume(queue, prefetch)),
        }
    }

    /// Takes at most `limit` messages that were rejected or delivered too often; the caller has to see to their jobs.
    pub async fn drain_dead(&self, limit: usize) -> Result<Vec<Message>, Error> {
        match self {
            Self::Memory(broker) => Ok(broker.drain_dead(limit)),
            Self::RabbitMq(broker) => broker.drain_dead(limit).await,
        }
    }

    /// Ends all consumers, within 2 s: their waits never end, and what is not acknowledged yet goes to others.
    pub async fn close(&self) {
        match self {
            Self::Memory(_) => {}
            Self::RabbitMq(broker) => broker.close().await,
        }
    }
}

/// Takes messages from one queue.
pub enum Consumer {
    /// In this process.
    Memory(memory::Consumer),
    /// On a broker.
    RabbitMq(rabbitmq::Consumer),
}

impl Consumer {
    /// The next message. Waits for as long as there is none, or no broker. Cancelling the wait loses nothing.
    pub async fn next(&mut self) -> Delivery {
        match self {
            Self::Memory(consumer) => consumer.next().await,
            Self::RabbitMq(consumer) => consumer.next().await,
        }
    }
}

/// A message that has to be acknowledged or rejected.
#[derive(Debug)]
pub struct Delivery {
    /// The message.
    pub message: Message,
    receipt: Receipt,
}

#[derive(Debug)]
enum Receipt {
    Memory(memory::Receipt),
    RabbitMq(Box<lapin::message::Delivery>),
}

impl Delivery {
    /// The job is taken care of: the queue forgets the message.
    pub async fn ack(self) -> Result<(), Error> {
        match self.receipt {
            Receipt::Memory(receipt) => receipt.ack(),
            Receipt::RabbitMq(received) => rabbitmq::acknowledge(&received).await?,
        }
        Ok(())
    }

    /// The message cannot be understood: the queue sets it aside.
    pub async fn reject(self) -> Result<(), Error> {
        match self.receipt {
            Receipt::Memory(receipt) => receipt.reject(self.message),
            Receipt::RabbitMq(received) => rabbitmq::reject(&received).await?,
        }
        Ok(())
    }
}

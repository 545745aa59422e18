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
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The queue holds as much as it takes.
    #[error("failed to publish to the queue `{0}`: it is full")]
    Full(QueueName),
    /// The queue is gone; the consumer has to connect anew.
    #[error("failed to reach the queue: {0}")]
    Lost(String),
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
        Ok(Self::RabbitMq(rabbitmq::Broker::new(config.url.clone(), &config.prefix)))
    }

    /// Whether messages are gone when the process ends, so that all must be published again at its start.
    pub fn forgets_on_exit(&self) -> bool {
        match self {
            Self::Memory(_) => true,
            Self::RabbitMq(_) => false,
        }
    }

    /// Publishes a message; when this returns `Ok` the queue has taken it over.
    pub async fn publish(&self, queue: QueueName, message: Message) -> Result<(), Error> {
        match self {
            Self::Memory(broker) => broker.publish(queue, message),
            Self::RabbitMq(broker) => broker.publish(queue, &message).await,
        }
    }

    /// Publishes messages; those whose result is `Ok` the queue has taken over.
    pub async fn publish_all(&self, queue: QueueName, messages: Vec<Message>) -> Vec<Result<(), Error>> {
        let publishing = messages.into_iter().map(|message| self.publish(queue, message));
        futures_util::future::join_all(publishing).await
    }

    /// Whether the queue answers.
    pub async fn ping(&self) -> Result<(), Error> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::RabbitMq(broker) => broker.ping().await,
        }
    }

    /// Starts to consume a queue; at most `prefetch` deliveries are unacknowledged at once.
    pub async fn consume(&self, queue: QueueName, prefetch: u16) -> Result<Consumer, Error> {
        match self {
            Self::Memory(broker) => Ok(Consumer::Memory(broker.consume(queue))),
            Self::RabbitMq(broker) => {
                Ok(Consumer::RabbitMq(Box::new(broker.consume(queue, prefetch).await?)))
            }
        }
    }
}

/// Takes messages from one queue.
pub enum Consumer {
    /// In this process.
    Memory(memory::Consumer),
    /// On a broker.
    RabbitMq(Box<rabbitmq::Consumer>),
}

impl Consumer {
    /// The next message. Cancelling the wait loses nothing.
    pub async fn next(&mut self) -> Result<Delivery, Error> {
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
    Memory,
    RabbitMq(Box<lapin::message::Delivery>),
}

impl Delivery {
    /// The job is taken care of: the queue forgets the message.
    pub async fn ack(self) -> Result<(), Error> {
        match self.receipt {
            Receipt::Memory => Ok(()),
            Receipt::RabbitMq(received) => rabbitmq::acknowledge(&received).await,
        }
    }

    /// The message cannot be understood: the queue sets it aside.
    pub async fn reject(self) -> Result<(), Error> {
        match self.receipt {
            Receipt::Memory => Ok(()),
            Receipt::RabbitMq(received) => rabbitmq::reject(&received).await,
        }
    }
}

//! A queue on RabbitMQ, 3.10 or later: quorum queues, publisher confirms, one connection to publish and one to
//! consume. Needs no plugin.
//!
//! The client's own recovery is off: an error gives up the connection it came from, and the next call makes a new
//! one. Every wait for the broker has an end.

mod consumer;
mod link;
mod topology;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use lapin::message::Delivery as Received;
use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicPublishOptions, BasicRejectOptions, ConfirmSelectOptions,
    QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use secrecy::ExposeSecret;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Delivery, Error, Message, Receipt};
use crate::config::QueueConfig;
use crate::domain::QueueName;
pub(super) use consumer::Consumer;
use link::{Address, Link};

/// How long the broker may take to answer or to confirm anything.
const ANSWER: Duration = Duration::from_secs(5);

/// How long [`Broker::ping`] may take.
const PING: Duration = Duration::from_secs(3);

/// How long the end of a connection may take at shutdown.
const CLOSE: Duration = Duration::from_secs(2);

/// Messages survive a restart of the broker.
const PERSISTENT: u8 = 2;

/// Access to a broker.
#[derive(Clone)]
pub struct Broker {
    address: Arc<Address>,
    publishing: Arc<Link>,
    consuming: Arc<Link>,
    /// Channels to publish on that nobody uses now. A channel has one user at a time: the client numbers messages
    /// and sends them in two steps, so that two users could swap their confirms.
    idle: Arc<Mutex<Vec<Publisher>>>,
    /// Becomes true when the queue is closed.
    stopping: Arc<watch::Sender<bool>>,
}

/// A channel in confirm mode and its connection.
struct Publisher {
    connection: Arc<Connection>,
    channel: Channel,
}

impl Broker {
    pub(super) fn new(config: &QueueConfig) -> Result<Self, Error> {
        let url = config.url.expose_secret();
        // The parser's message may quote the URL, which holds a password.
        let uri = url.parse().map_err(|_| {
            Error::Setting("`queue.url` is no AMQP URL like amqps://user:password@host:5671/%2f".to_owned())
        })?;
        let ca = match config.ca_file.as_os_str().is_empty() {
            true => None,
            false => Some(std::fs::read_to_string(&config.ca_file).map_err(|cause| {
                Error::Setting(format!("`queue.ca_file`, `{}`: {cause}", config.ca_file.display()))
            })?),
        };
        let address = Arc::new(Address { uri, prefix: config.prefix.clone(), ca });
        Ok(Self {
            publishing: Arc::new(Link::new(address.clone(), "publish")),
            consuming: Arc::new(Link::new(address.clone(), "consume")),
            address,
            idle: Arc::default(),
            stopping: Arc::new(watch::Sender::new(false)),
        })
    }

    pub(super) fn consume(&self, queue: QueueName, prefetch: u16) -> Consumer {
        Consumer::new(self.clone(), queue, prefetch)
    }

    pub(super) async fn publish_all(&self, queue: QueueName, messages: &[Message]) -> Vec<Result<(), Error>> {
        let publisher = match self.publisher().await {
            Ok(publisher) => publisher,
            Err(error) => return vec![Err(error); messages.len()],
        };
        let (name, deadline) = (self.name(queue), Instant::now() + ANSWER);
        // Each is sent when first polled, in order; their confirms are awaited together.
        let results = join_all(messages.iter().map(async |message| {
            let published = tokio::time::timeout_at(deadline, publish(&publisher.channel, &name, message));
            match published.await.map_err(|_| no_answer(ANSWER))?? {
                Confirmation::Ack(None) => Ok(()),
                Confirmation::Nack(_) => Err(Error::Full(queue)),
                // An unroutable message is confirmed as well, with the message inside.
                _ => Err(Error::Lost(format!("the broker has no queue `{name}`"))),
            }
        }))
        .await;
        self.done(publisher, results.iter().any(|result| matches!(result, Err(Error::Lost(_)))));
        results
    }

    /// Asks the broker over the connection to publish; makes that anew if it is gone.
    pub(super) async fn ping(&self) -> Result<(), Error> {
        tokio::time::timeout(PING, async {
            let publisher = self.publisher().await?;
            let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let name = self.name(QueueName::Interactive);
            let asked = publisher.channel.queue_declare(name.into(), options, FieldTable::default());
            // Less than the whole time, so that a dead connection is given up and not only left.
            let answer = in_time(PING / 2, asked).await;
            self.done(publisher, answer.is_err());
            answer.map(drop)
        })
        .await
        .map_err(|_| no_answer(PING))?
    }

    /// Takes dead messages off the broker.
    pub(super) async fn drain_dead(&self, limit: usize) -> Result<Vec<Message>, Error> {
        let publisher = self.publisher().await?;
        let mut messages = Vec::new();
        for _ in 0..limit {
            let taken = self.take_dead(&publisher.channel).await;
            match taken {
                Ok(Some(data)) => match serde_json::from_slice(&data) {
                    Ok(message) => messages.push(message),
                    Err(error) => tracing::warn!(%error, "dropped a dead message that cannot be understood"),
                },
                Ok(None) => break,
                // What was taken is off the broker, so it has to reach the caller.
                Err(error) if !messages.is_empty() => {
                    tracing::warn!(%error, "left dead messages for later");
                    self.done(publisher, true);
                    return Ok(messages);
                }
                Err(error) => {
                    self.done(publisher, true);
                    return Err(error);
                }
            }
        }
        self.done(publisher, false);
        Ok(messages)
    }

    async fn take_dead(&self, channel: &Channel) -> Result<Option<Vec<u8>>, Error> {
        let queue = topology::dead(&self.address.prefix);
        let options = BasicGetOptions { no_ack: false };
        let Some(got) = in_time(ANSWER, channel.basic_get(queue.into(), options)).await? else {
            return Ok(None);
        };
        acknowledge(&got.delivery).await?;
        Ok(Some(got.delivery.data.clone()))
    }

    /// Ends consuming; what is not acknowledged is delivered to others at once.
    pub(super) async fn close(&self) {
        self.stopping.send_replace(true);
        self.consuming.close(CLOSE).await;
    }

    fn name(&self, queue: QueueName) -> String {
        topology::name(&self.address.prefix, queue)
    }

    /// A channel to publish on; to be handed back by [`Broker::done`].
    async fn publisher(&self) -> Result<Publisher, Error> {
        while let Some(publisher) = self.idle().pop() {
            if publisher.channel.status().connected() && publisher.connection.status().connected() {
                return Ok(publisher);
            }
        }
        let (connection, channel) = self.publishing.channel().await?;
        match in_time(ANSWER, channel.confirm_select(ConfirmSelectOptions::default())).await {
            Ok(()) => Ok(Publisher { connection, channel }),
            Err(error) => {
                self.publishing.forget(&connection);
                Err(error)
            }
        }
    }

    /// Keeps a channel for the next user. After a failure its connection is given up with all its idle channels:
    /// the next one declares the queues again.
    fn done(&self, publisher: Publisher, failed: bool) {
        if failed {
            self.publishing.forget(&publisher.connection);
            self.idle().retain(|idle| !Arc::ptr_eq(&idle.connection, &publisher.connection));
        } else {
            self.idle().push(publisher);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Publisher>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn publish(channel: &Channel, queue: &str, message: &Message) -> Result<Confirmation, Error> {
    let body = serde_json::to_vec(message).map_err(|cause| Error::Lost(cause.to_string()))?;
    // Mandatory: a message that no queue takes comes back instead of vanishing.
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/json".into());
    let sent =
        channel.basic_publish("".into(), queue.into(), options, &body, properties).await.map_err(lost)?;
    sent.await.map_err(lost)
}

pub(super) async fn acknowledge(received: &Received) -> Result<(), Error> {
    settled(in_time(ANSWER, received.ack(BasicAckOptions::default())).await?)
}

pub(super) async fn reject(received: &Received) -> Result<(), Error> {
    settled(in_time(ANSWER, received.reject(BasicRejectOptions { requeue: false })).await?)
}

/// `false` means that the channel was gone and nothing was acknowledged.
fn settled(acknowledged: bool) -> Result<(), Error> {
    if acknowledged { Ok(()) } else { Err(Error::Lost("the channel was gone".to_owned())) }
}

async fn in_time<T>(limit: Duration, work: impl Future<Output = lapin::Result<T>>) -> Result<T, Error> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result.map_err(lost),
        Err(_) => Err(no_answer(limit)),
    }
}

fn lost(cause: lapin::Error) -> Error {
    Error::Lost(cause.to_string())
}

fn no_answer(limit: Duration) -> Error {
    Error::Lost(format!("no answer within {} s", limit.as_secs_f32()))
}

//! A queue on RabbitMQ, 3.10 or later: quorum queues, publisher confirms, one connection to publish and one to
//! consume. Needs no plugin.
//!
//! Nothing here recovers by itself: an error drops the connection it came from, the next call makes a new one,
//! and whoever consumes starts again. Every wait for the broker has an end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::message::Delivery as Received;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, BasicRejectOptions,
    ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::{Delivery, Error, Message, Receipt};
use crate::domain::QueueName;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the broker may take to confirm anything.
const CONFIRM: Duration = Duration::from_secs(5);

/// Deliveries without an acknowledgement after which a message is dead. The job's own counters decide its fate
/// long before; this only keeps a message that kills every consumer from going round for ever.
const DELIVERY_LIMIT: i32 = 20;

/// Where dead messages go; the sweep drains it.
const DEAD: &str = ".dead";

/// Messages survive a restart of the broker.
const PERSISTENT: u8 = 2;

/// Access to a broker.
#[derive(Clone)]
pub struct Broker {
    url: SecretString,
    prefix: String,
    publishing: Arc<Mutex<Option<(Connection, Channel)>>>,
    consuming: Arc<Mutex<Option<Connection>>>,
}

impl Broker {
    pub(super) fn new(url: SecretString, prefix: &str) -> Self {
        Self { url, prefix: prefix.to_owned(), publishing: Arc::default(), consuming: Arc::default() }
    }

    pub(super) async fn publish(&self, queue: QueueName, message: &Message) -> Result<(), Error> {
        let body = serde_json::to_vec(message).map_err(|cause| Error::Lost(cause.to_string()))?;
        let channel = self.publisher().await?;
        let confirmation = in_time(CONFIRM, async {
            // Mandatory: a message that no queue takes comes back instead of vanishing.
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let properties = BasicProperties::default()
                .with_delivery_mode(PERSISTENT)
                .with_content_type("application/json".into());
            channel.basic_publish("".into(), self.name(queue).into(), options, &body, properties).await?.await
        });
        match confirmation.await {
            // An unroutable message is confirmed as well, with the message inside.
            Ok(Confirmation::Ack(None)) => Ok(()),
            Ok(Confirmation::Nack(_)) => Err(Error::Full(queue)),
            Ok(Confirmation::Ack(Some(_)) | Confirmation::NotRequested) => {
                *self.publishing.lock().await = None;
                Err(Error::Lost(format!("the broker has no queue `{}`", self.name(queue))))
            }
            Err(error) => {
                *self.publishing.lock().await = None;
                Err(error)
            }
        }
    }

    pub(super) async fn consume(&self, queue: QueueName, prefetch: u16) -> Result<Consumer, Error> {
        let channel = self.consumer_channel().await?;
        let stream = in_time(CONFIRM, async {
            channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
            let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
            channel.basic_consume(self.name(queue).into(), "".into(), options, none).await
        });
        Ok(Consumer { stream: stream.await?, _channel: channel })
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.publisher().await.map(drop)
    }

    /// The channel to publish on, made anew if it is gone.
    async fn publisher(&self) -> Result<Channel, Error> {
        let mut publishing = self.publishing.lock().await;
        if let Some((_, channel)) = publishing.as_ref().filter(|(_, channel)| channel.status().connected()) {
            return Ok(channel.clone());
        }
        let connection = self.connect("publish").await?;
        let channel = in_time(CONFIRM, async {
            let channel = connection.create_channel().await?;
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
            Ok(channel)
        });
        let channel = channel.await?;
        *publishing = Some((connection, channel.clone()));
        Ok(channel)
    }

    async fn consumer_channel(&self) -> Result<Channel, Error> {
        let mut consuming = self.consuming.lock().await;
        let connection = match consuming.take().filter(|connection| connection.status().connected()) {
            Some(connection) => connection,
            None => self.connect("consume").await?,
        };
        let channel = in_time(CONFIRM, connection.create_channel()).await?;
        *consuming = Some(connection);
        Ok(channel)
    }

    /// A connection to a broker that has all queues.
    async fn connect(&self, purpose: &str) -> Result<Connection, Error> {
        let properties =
            ConnectionProperties::default().with_connection_name(format!("idv {purpose}").into());
        let url = with_heartbeat(self.url.expose_secret());
        let connection = in_time(CONNECT, Connection::connect(&url, properties)).await?;
        // A refused declaration closes its channel, so it has one of its own.
        in_time(CONFIRM, async {
            let channel = connection.create_channel().await?;
            declare(&channel, &format!("{}{DEAD}", self.prefix), quorum()).await?;
            for queue in QueueName::ALL {
                declare(&channel, &self.name(*queue), dead_lettering(&self.prefix)).await?;
            }
            Ok(())
        })
        .await?;
        Ok(connection)
    }
}

async fn declare(channel: &Channel, queue: &str, arguments: FieldTable) -> lapin::Result<()> {
    channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments).await.map(drop)
}

/// Replicated, on disk, and with a limit that is stated because its default differs between versions.
fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments
}

fn dead_lettering(prefix: &str) -> FieldTable {
    let dead = format!("{prefix}{DEAD}");
    let mut arguments = quorum();
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERY_LIMIT));
    for (argument, value) in [
        ("x-dead-letter-exchange", ""),
        ("x-dead-letter-routing-key", dead.as_str()),
        // Without this a message may get lost on its way to the dead ones; it asks for the overflow rule.
        ("x-dead-letter-strategy", "at-least-once"),
        ("x-overflow", "reject-publish"),
    ] {
        arguments.insert(argument.into(), AMQPValue::LongString(value.into()));
    }
    arguments
}

impl Broker {
    fn name(&self, queue: QueueName) -> String {
        format!("{}.{queue}", self.prefix)
    }
}

/// A silent partition is noticed after two heartbeats.
fn with_heartbeat(url: &str) -> String {
    match url.contains("heartbeat=") {
        true => url.to_owned(),
        false => format!("{url}{}heartbeat=10", if url.contains('?') { '&' } else { '?' }),
    }
}

/// Takes messages from one queue.
pub struct Consumer {
    stream: lapin::Consumer,
    _channel: Channel,
}

impl Consumer {
    pub(super) async fn next(&mut self) -> Result<Delivery, Error> {
        loop {
            let delivery = match self.stream.next().await {
                Some(Ok(delivery)) => delivery,
                Some(Err(cause)) => return Err(Error::Lost(cause.to_string())),
                None => return Err(Error::Lost("the broker cancelled the consumer".to_owned())),
            };
            match serde_json::from_slice(&delivery.data) {
                Ok(message) => {
                    return Ok(Delivery { message, receipt: Receipt::RabbitMq(Box::new(delivery)) });
                }
                Err(error) => {
                    tracing::warn!(%error, "set aside a message that cannot be understood");
                    reject(&delivery).await?;
                }
            }
        }
    }
}

pub(super) async fn acknowledge(received: &Received) -> Result<(), Error> {
    settled(in_time(CONFIRM, received.ack(BasicAckOptions::default())).await?)
}

pub(super) async fn reject(received: &Received) -> Result<(), Error> {
    settled(in_time(CONFIRM, received.reject(BasicRejectOptions { requeue: false })).await?)
}

/// `false` means that the channel was gone and nothing was acknowledged.
fn settled(acknowledged: bool) -> Result<(), Error> {
    if acknowledged { Ok(()) } else { Err(Error::Lost("the channel was gone".to_owned())) }
}

async fn in_time<T>(limit: Duration, work: impl Future<Output = lapin::Result<T>>) -> Result<T, Error> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => result.map_err(|cause| Error::Lost(cause.to_string())),
        Err(_) => Err(Error::Lost(format!("no answer within {} s", limit.as_secs()))),
    }
}

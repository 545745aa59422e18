//! A consumer that looks after itself: a task of its own subscribes, and subscribes again after every failure.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, message::Delivery as Received};
use tokio::sync::mpsc;

use super::{ANSWER, Broker, Delivery, Error, Receipt, in_time, reject};
use crate::domain::QueueName;

/// The first and the longest pause between attempts to subscribe. The longest one and the time to connect stay
/// below the 5 s in which service is back after the broker's return.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(3));

/// How often a silent broker is asked for an answer: a connection may be dead without being closed.
const PROBE: Duration = Duration::from_secs(8);

/// Takes messages from one queue.
pub struct Consumer {
    subscription: Subscription,
    /// Fed by the task that subscribes; it is started by the first wait and ends when this is dropped.
    deliveries: Option<mpsc::Receiver<Received>>,
}

#[derive(Clone)]
struct Subscription {
    broker: Broker,
    queue: QueueName,
    prefetch: u16,
}

impl Consumer {
    pub(super) fn new(broker: Broker, queue: QueueName, prefetch: u16) -> Self {
        Self { subscription: Subscription { broker, queue, prefetch }, deliveries: None }
    }

    pub(in crate::queue) async fn next(&mut self) -> Delivery {
        loop {
            let deliveries = self.deliveries.get_or_insert_with(|| self.subscription.start());
            let Some(received) = deliveries.recv().await else {
                // The queue was closed: nothing more comes.
                return std::future::pending().await;
            };
            // What came over a lost channel is delivered anew.
            if !received.acker.usable() {
                continue;
            }
            match serde_json::from_slice(&received.data) {
                Ok(message) => return Delivery { message, receipt: Receipt::RabbitMq(Box::new(received)) },
                Err(error) => {
                    tracing::warn!(%error, "set aside a message that cannot be understood");
                    tokio::spawn(async move { reject(&received).await });
                }
            }
        }
    }
}

impl Subscription {
    fn start(&self) -> mpsc::Receiver<Received> {
        // The broker sends no more than the prefetch count at once.
        let (sender, receiver) = mpsc::channel(usize::from(self.prefetch.max(1)));
        let this = self.clone();
        tokio::spawn(async move {
            let mut stopping = this.broker.stopping.subscribe();
            tokio::select! {
                () = this.keep_up(&sender) => {}
                () = sender.closed() => {}
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
        });
        receiver
    }

    async fn keep_up(&self, sender: &mpsc::Sender<Received>) {
        let mut pause = PAUSES.0;
        loop {
            match self.subscribe().await {
                Ok((connection, channel, stream)) => {
                    pause = PAUSES.0;
                    let error = self.forward(&channel, stream, sender).await;
                    tracing::warn!(queue = %self.queue, %error, "lost a consumer; subscribing again");
                    self.broker.consuming.forget(&connection);
                }
                Err(error) => {
                    tracing::warn!(queue = %self.queue, %error, "failed to subscribe; trying again")
                }
            }
            // Half of the pause is chance, so that not all consumers come at once.
            tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..=1.0))).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    async fn subscribe(
        &self,
    ) -> Result<(std::sync::Arc<lapin::Connection>, Channel, lapin::Consumer), Error> {
        let (connection, channel) = self.broker.consuming.channel().await?;
        let name = self.broker.name(self.queue);
        let subscribed = in_time(ANSWER, async {
            channel.basic_qos(self.prefetch, BasicQosOptions::default()).await?;
            channel
                .basic_consume(name.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default())
                .await
        });
        match subscribed.await {
            Ok(stream) => Ok((connection, channel, stream)),
            Err(error) => {
                self.broker.consuming.forget(&connection);
                Err(error)
            }
        }
    }

    /// Passes on what arrives until the subscription ends; returns why.
    async fn forward(
        &self,
        channel: &Channel,
        mut stream: lapin::Consumer,
        sender: &mpsc::Sender<Received>,
    ) -> Error {
        loop {
            match tokio::time::timeout(PROBE, stream.next()).await {
                Ok(Some(Ok(received))) => {
                    if sender.send(received).await.is_err() {
                        return Error::Lost("nobody waits any more".to_owned());
                    }
                }
                Ok(Some(Err(cause))) => return Error::Lost(cause.to_string()),
                Ok(None) => return Error::Lost("the broker cancelled the consumer".to_owned()),
                // The same prefetch count again: it changes nothing and has to be answered.
                Err(_) => {
                    let probe = channel.basic_qos(self.prefetch, BasicQosOptions::default());
                    if let Err(error) = in_time(ANSWER, probe).await {
                        return error;
                    }
                }
            }
        }
    }
}

//! A queue inside one process: bounded channels, as long as the window that the relay keeps filled.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};

use tokio::sync::{Mutex, mpsc};

use super::{Delivery, Error, Message};
use crate::domain::QueueName;

/// More than any window; beyond it the relay keeps the jobs in the database.
const CAPACITY: usize = 4096;

type Receiver = Arc<Mutex<mpsc::Receiver<Message>>>;
type Dead = Arc<SyncMutex<VecDeque<Message>>>;

/// All queues of the process.
#[derive(Clone)]
pub struct Broker {
    queues: Arc<HashMap<QueueName, (mpsc::Sender<Message>, Receiver)>>,
    dead: Dead,
}

impl Broker {
    pub(super) fn new() -> Self {
        let queues = QueueName::ALL.iter().map(|name| {
            let (send, receive) = mpsc::channel(CAPACITY);
            (*name, (send, Arc::new(Mutex::new(receive))))
        });
        Self { queues: Arc::new(queues.collect()), dead: Dead::default() }
    }

    pub(super) fn publish(&self, queue: QueueName, message: Message) -> Result<(), Error> {
        self.queues[&queue].0.try_send(message).map_err(|_| Error::Full(queue))
    }

    pub(super) fn consume(&self, queue: QueueName) -> Consumer {
        Consumer { receiver: self.queues[&queue].1.clone(), dead: self.dead.clone() }
    }

    pub(super) fn drain_dead(&self, limit: usize) -> Vec<Message> {
        let mut dead = self.dead.lock().unwrap_or_else(PoisonError::into_inner);
        let count = dead.len().min(limit);
        dead.drain(..count).collect()
    }
}

/// Takes messages from one queue, in turn with its other consumers.
pub struct Consumer {
    receiver: Receiver,
    dead: Dead,
}

impl Consumer {
    pub(super) async fn next(&mut self) -> Delivery {
        match self.receiver.lock().await.recv().await {
            Some(message) => {
                Delivery { message, receipt: super::Receipt::Memory(Receipt { dead: self.dead.clone() }) }
            }
            // Every sender is gone: nothing more comes.
            None => std::future::pending().await,
        }
    }
}

/// The right to settle one delivery. A delivery that is dropped is forgotten; the sweep publishes its job again.
#[derive(Debug)]
pub(super) struct Receipt {
    dead: Dead,
}

impl Receipt {
    pub(super) fn ack(self) {}

    pub(super) fn reject(self, message: Message) {
        let mut dead = self.dead.lock().unwrap_or_else(PoisonError::into_inner);
        // The newest matter most; the jobs of the others are found by the sweep.
        if dead.len() == CAPACITY {
            dead.pop_front();
        }
        dead.push_back(message);
    }
}

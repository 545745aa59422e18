//! A queue inside one process: bounded channels, as long as the window that the relay keeps filled.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use super::{Delivery, Error, Message, Receipt};
use crate::domain::QueueName;

/// More than any window; beyond it the relay keeps the jobs in the database.
const CAPACITY: usize = 4096;

type Receiver = Arc<Mutex<mpsc::Receiver<Message>>>;

/// All queues of the process.
#[derive(Clone)]
pub struct Broker {
    queues: Arc<HashMap<QueueName, (mpsc::Sender<Message>, Receiver)>>,
}

impl Broker {
    pub(super) fn new() -> Self {
        let queues = QueueName::ALL.iter().map(|name| {
            let (send, receive) = mpsc::channel(CAPACITY);
            (*name, (send, Arc::new(Mutex::new(receive))))
        });
        Self { queues: Arc::new(queues.collect()) }
    }

    pub(super) fn publish(&self, queue: QueueName, message: Message) -> Result<(), Error> {
        self.queues[&queue].0.try_send(message).map_err(|_| Error::Full(queue))
    }

    pub(super) fn consume(&self, queue: QueueName) -> Consumer {
        Consumer { receiver: self.queues[&queue].1.clone() }
    }
}

/// Takes messages from one queue, in turn with its other consumers.
pub struct Consumer {
    receiver: Receiver,
}

impl Consumer {
    pub(super) async fn next(&mut self) -> Result<Delivery, Error> {
        let message = self.receiver.lock().await.recv().await;
        message
            .map(|message| Delivery { message, receipt: Receipt::Memory })
            .ok_or_else(|| Error::Lost("the process is stopping".to_owned()))
    }
}

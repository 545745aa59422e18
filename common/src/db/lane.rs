//! Threads that own database work, with a fast lane for what keeps leases alive.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use diesel::r2d2::Pool;
use tokio::sync::oneshot;

use super::dialect::{Conn, Manager};
use super::{Error, POOL_TIMEOUT};

type Task = Box<dyn FnOnce(Result<&mut Conn, Error>) + Send>;

/// How soon a piece of work is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Before all ordinary work: heartbeats and finishes.
    First,
    /// In order of arrival.
    InTurn,
}

/// A queue of database work and the threads that do it, each with a connection of one pool.
pub(super) struct Lane {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
}

#[derive(Default)]
struct Queue {
    first: VecDeque<Task>,
    in_turn: VecDeque<Task>,
    closed: bool,
}

impl Lane {
    /// Starts one thread per connection.
    pub(super) fn start(name: &str, manager: Manager, connections: u32) -> Result<Self, Error> {
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(0))
            .connection_timeout(POOL_TIMEOUT)
            .error_handler(Box::new(LogPoolErrors))
            .build_unchecked(manager);
        let shared = Arc::new(Shared { queue: Mutex::default(), filled: Condvar::new() });
        for n in 0..connections {
            let (shared, pool) = (shared.clone(), pool.clone());
            std::thread::Builder::new()
                .name(format!("db-{name}-{n}"))
                .spawn(move || work(&shared, &pool))
                .map_err(|cause| Error::Unavailable(cause.to_string()))?;
        }
        Ok(Self { shared })
    }

    /// Does `body` on one of the threads. It is done even if the caller stops waiting.
    pub(super) async fn run<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        urgency: Urgency,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (send, receive) = oneshot::channel();
        self.push(
            urgency,
            Box::new(move |conn| {
                let _ = send.send(conn.map_err(E::from).and_then(body));
            }),
        );
        receive.await.unwrap_or_else(|_| Err(Error::Panicked.into()))
    }

    fn push(&self, urgency: Urgency, task: Task) {
        let mut queue = self.shared.lock();
        match urgency {
            Urgency::First => queue.first.push_back(task),
            Urgency::InTurn => queue.in_turn.push_back(task),
        }
        self.shared.filled.notify_one();
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.filled.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole after every single operation, so a panic elsewhere does not spoil it.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Task> {
        let mut queue = self.lock();
        loop {
            if let Some(task) = queue.first.pop_front().or_else(|| queue.in_turn.pop_front()) {
                return Some(task);
            }
            if queue.closed {
                return None;
            }
            queue = self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(shared: &Shared, pool: &Pool<Manager>) {
    while let Some(task) = shared.next() {
        // The connection goes into the closure, so that a panic drops it while the stack unwinds and the
        // pool sees that it is spoilt.
        let done = catch_unwind(AssertUnwindSafe(|| match pool.get() {
            Ok(mut conn) => task(Ok(&mut conn)),
            Err(cause) => task(Err(Error::Unavailable(cause.to_string()))),
        }));
        if done.is_err() {
            tracing::error!("a database operation panicked; its transaction was rolled back");
        }
    }
}

#[derive(Debug)]
struct LogPoolErrors;

impl diesel::r2d2::HandleError<Error> for LogPoolErrors {
    fn handle_error(&self, error: Error) {
        tracing::warn!(%error, "failed to open a database connection");
    }
}

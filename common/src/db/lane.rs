//! Threads that own one connection each and do the database work, with a fast lane for what keeps leases alive.
//!
//! A connection is opened when it is first needed and again whenever it turns out to be gone, so that a restart
//! of the server costs the statements under way and nothing else. libpq may wait for ever on a peer that has
//! fallen silent: a thread that is stuck is left behind, with its connection, and another takes its place.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Error;
use super::dialect::{Conn, Connector};

/// How long a caller waits for an answer: longer than the server lets a statement take.
const PATIENCE: Duration = Duration::from_secs(15);

/// A connection that was idle for longer is tried before it is used.
const TRUSTED: Duration = Duration::from_secs(1);

/// Work on a connection, or what to do without one. Tells whether it succeeded.
type Work = Box<dyn FnOnce(Result<&mut Conn, Error>) -> bool + Send>;

/// How soon a piece of work is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Before all ordinary work: heartbeats and finishes.
    First,
    /// In order of arrival.
    InTurn,
}

/// How long a piece of work may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// What a statement may take.
    Statement,
    /// As long as it takes: for migrations.
    None,
}

/// A queue of database work and the threads that do it.
pub(super) struct Lane {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    connector: Connector,
    queue: Mutex<Queue>,
    filled: Condvar,
    suspicion: Suspicion,
}

/// What all lanes of a database know of it: connections opened before this moment are not trusted, because one of
/// them was found to be gone.
#[derive(Clone, Default)]
pub(super) struct Suspicion(Arc<Mutex<Option<Instant>>>);

impl Suspicion {
    fn raise(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn spares(&self, opened: &Opened) -> bool {
        let raised = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        raised.is_none_or(|raised| opened.at > raised)
    }
}

#[derive(Default)]
struct Queue {
    first: VecDeque<Task>,
    in_turn: VecDeque<Task>,
    closed: bool,
}

struct Task {
    work: Work,
    stage: Arc<Stage>,
}

/// Where a piece of work stands, agreed between the thread that does it and the caller that waits.
#[derive(Default)]
struct Stage(AtomicU8);

impl Stage {
    const WAITING: u8 = 0;
    const RUNNING: u8 = 1;
    const ABANDONED: u8 = 2;

    /// Begins the work; `false` if nobody waits for it any more.
    fn begin(&self) -> bool {
        let swap = self.0.compare_exchange(Self::WAITING, Self::RUNNING, Ordering::AcqRel, Ordering::Acquire);
        swap.is_ok()
    }

    /// Gives the work up; `true` if a thread was at it.
    fn abandon(&self) -> bool {
        self.0.swap(Self::ABANDONED, Ordering::AcqRel) == Self::RUNNING
    }

    fn is_abandoned(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::ABANDONED
    }
}

impl Lane {
    /// Starts one thread per connection.
    pub(super) fn start(
        name: &str,
        connector: Connector,
        connections: u32,
        suspicion: Suspicion,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            connector,
            queue: Mutex::default(),
            filled: Condvar::new(),
            suspicion,
        });
        for _ in 0..connections.max(1) {
            start_thread(&shared)?;
        }
        Ok(Self { shared })
    }

    /// Does `body` on one of the threads. It is done even if the caller stops waiting, and given up if it takes
    /// longer than the limit; whether it took effect is then unknown.
    pub(super) async fn run<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        urgency: Urgency,
        limit: Limit,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (send, receive) = oneshot::channel();
        let stage = Arc::new(Stage::default());
        let work: Work = Box::new(move |conn| {
            let result = conn.map_err(E::from).and_then(body);
            let succeeded = result.is_ok();
            let _ = send.send(result);
            succeeded
        });
        self.shared.push(urgency, Task { work, stage: stage.clone() });
        let answer = match limit {
            Limit::None => receive.await,
            // A task of its own, because a caller that leaves early must not keep a stuck thread in its place.
            Limit::Statement => {
                let shared = self.shared.clone();
                let waiting = tokio::spawn(async move {
                    let answer = tokio::time::timeout(PATIENCE, receive).await;
                    answer.map_err(|_| shared.give_up(&stage))
                });
                match waiting.await {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(error)) => return Err(error.into()),
                    Err(_) => return Err(Error::Panicked.into()),
                }
            }
        };
        answer.unwrap_or_else(|_| Err(Error::Panicked.into()))
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

    fn push(&self, urgency: Urgency, task: Task) {
        let mut queue = self.lock();
        match urgency {
            Urgency::First => queue.first.push_back(task),
            Urgency::InTurn => queue.in_turn.push_back(task),
        }
        self.filled.notify_one();
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

    /// Gives a piece of work up, and replaces the thread that is stuck with it, if one is. What to tell the caller.
    fn give_up(self: &Arc<Self>, stage: &Stage) -> Error {
        let patience = PATIENCE.as_secs();
        if !stage.abandon() {
            return Error::Unavailable(format!("no connection became free within {patience} s"));
        }
        tracing::warn!(lane = self.name, "left a database connection behind that does not answer");
        self.suspicion.raise();
        if let Err(error) = start_thread(self) {
            tracing::error!(%error, "failed to replace a database thread");
        }
        Error::Unavailable(format!("it did not answer within {patience} s"))
    }
}

fn start_thread(shared: &Arc<Shared>) -> Result<(), Error> {
    let name = format!("db-{}", shared.name);
    let shared = shared.clone();
    let started = std::thread::Builder::new().name(name).spawn(move || work(&shared));
    started.map(drop).map_err(|cause| Error::Unavailable(cause.to_string()))
}

fn work(shared: &Shared) {
    let mut slot = Slot { conn: None };
    while let Some(Task { work, stage }) = shared.next() {
        if !stage.begin() {
            continue;
        }
        slot.serve(shared, work);
        if stage.is_abandoned() {
            // Another thread has taken this one's place.
            return;
        }
    }
}

/// What a thread works with: at most one connection.
struct Slot {
    conn: Option<Opened>,
}

struct Opened {
    conn: Conn,
    at: Instant,
    used: Instant,
}

impl Slot {
    fn serve(&mut self, shared: &Shared, work: Work) {
        let mut opened = match self.take(shared) {
            Ok(opened) => opened,
            Err(error) => {
                work(Err(error));
                return;
            }
        };
        // The connection is moved in, so that a panic drops it with whatever transaction it has open.
        let done = catch_unwind(AssertUnwindSafe(|| {
            let succeeded = work(Ok(&mut opened.conn));
            (succeeded || opened.conn.is_alive()).then_some(opened)
        }));
        match done {
            Ok(Some(opened)) => self.conn = Some(Opened { used: Instant::now(), ..opened }),
            Ok(None) => shared.suspicion.raise(),
            Err(_) => tracing::error!("a database operation panicked; its transaction was rolled back"),
        }
    }

    /// The connection, if it can be trusted, or else a new one.
    fn take(&mut self, shared: &Shared) -> Result<Opened, Error> {
        if let Some(mut opened) = self.conn.take().filter(|opened| shared.suspicion.spares(opened)) {
            if opened.used.elapsed() < TRUSTED || opened.conn.is_alive() {
                return Ok(opened);
            }
            shared.suspicion.raise();
        }
        let conn = shared.connector.connect()?;
        Ok(Opened { conn, at: Instant::now(), used: Instant::now() })
    }
}

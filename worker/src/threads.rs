//! The threads that inference runs on, so that it takes neither the runtime's threads nor the database's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

type Task = Box<dyn FnOnce() + Send>;

/// Room for the networks' own recursion over large graphs.
const STACK: usize = 8 * 1024 * 1024;

/// A fixed number of threads; each runs one inference at a time.
#[derive(Clone)]
pub struct InferenceThreads {
    tasks: mpsc::Sender<Task>,
}

/// The work panicked; nothing of it is left.
#[derive(Debug, thiserror::Error)]
#[error("failed to finish the inference: it panicked")]
pub struct Panicked;

impl InferenceThreads {
    /// Starts the threads.
    pub fn start(count: usize) -> std::io::Result<Self> {
        let (tasks, queue) = mpsc::channel::<Task>();
        let queue = Arc::new(Mutex::new(queue));
        for n in 0..count {
            let queue = queue.clone();
            std::thread::Builder::new().name(format!("inference-{n}")).stack_size(STACK).spawn(
                move || {
                    while let Some(task) = next(&queue) {
                        task()
                    }
                },
            )?;
        }
        Ok(Self { tasks })
    }

    /// Runs `work` on one of the threads.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (send, receive) = oneshot::channel();
        let task = Box::new(move || {
            if let Ok(result) = catch_unwind(AssertUnwindSafe(work)) {
                let _ = send.send(result);
            }
        });
        self.tasks.send(task).map_err(|_| Panicked)?;
        receive.await.map_err(|_| Panicked)
    }
}

fn next(queue: &Mutex<mpsc::Receiver<Task>>) -> Option<Task> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

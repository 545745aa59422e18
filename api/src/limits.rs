//! Limits that several routes hold.

use std::time::{Duration, Instant};

use idv_common::Context;
use idv_common::db::jobs;
use idv_common::domain::QueueName;
use tokio::sync::Mutex;

use crate::problem::{Code, Problem};

/// How many frames of a person one request may bring.
pub(crate) const FRAMES: usize = 8;

/// The longest reference, in characters.
const REFERENCE_LEN: usize = 200;
/// Seconds after which a full backlog may have shrunk.
const BACKLOG_RETRY_S: u64 = 30;
/// How long a count of the backlog is used.
const BACKLOG_COUNTED: Duration = Duration::from_secs(1);

/// Refuses a reference that is empty, too long or not printable.
pub(crate) fn check_reference(reference: &str) -> Result<(), Problem> {
    let length = reference.chars().count();
    if !(1..=REFERENCE_LEN).contains(&length) || reference.chars().any(char::is_control) {
        let detail = format!("must be 1 to {REFERENCE_LEN} printable characters");
        return Err(Problem::field("/client_reference", detail));
    }
    Ok(())
}

/// How many interactive jobs wait: counted once a second at most, because counting a long backlog is dear, plus
/// what this process has let through since.
#[derive(Default)]
pub(crate) struct Backlog(Mutex<Option<Counted>>);

struct Counted {
    at: Instant,
    jobs: i64,
}

impl Backlog {
    /// Refuses new work while too much is waiting; otherwise counts one more job.
    pub(crate) async fn admit(&self, ctx: &Context) -> Result<(), Problem> {
        let mut counted = self.0.lock().await;
        let mut current = match counted.take().filter(|counted| counted.at.elapsed() < BACKLOG_COUNTED) {
            Some(current) => current,
            None => {
                let jobs = ctx.db.read(|conn| jobs::backlog(conn, QueueName::Interactive)).await?;
                Counted { at: Instant::now(), jobs }
            }
        };
        let admitted = current.jobs < ctx.config.limits.backlog;
        current.jobs += i64::from(admitted);
        *counted = Some(current);
        if admitted {
            return Ok(());
        }
        let detail = "nothing was changed; try again later";
        Err(Problem::new(Code::BacklogFull, detail).retry_after(BACKLOG_RETRY_S))
    }
}

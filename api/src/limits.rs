//! Limits that several routes hold.

use idv_common::db::{Conn, jobs};
use idv_common::domain::QueueName;

use crate::problem::{Code, Problem};

/// The longest reference, in characters.
const REFERENCE_LEN: usize = 200;
/// Seconds after which a full backlog may have shrunk.
const BACKLOG_RETRY_S: u64 = 30;

/// Refuses a reference that is empty, too long or not printable.
pub(crate) fn check_reference(reference: &str) -> Result<(), Problem> {
    let length = reference.chars().count();
    if !(1..=REFERENCE_LEN).contains(&length) || reference.chars().any(char::is_control) {
        let detail = format!("must be 1 to {REFERENCE_LEN} printable characters");
        return Err(Problem::field("/client_reference", detail));
    }
    Ok(())
}

/// Refuses new work while too much is waiting.
pub(crate) fn check_backlog(conn: &mut Conn, limit: i64) -> Result<(), Problem> {
    if jobs::backlog(conn, QueueName::Interactive)? < limit {
        return Ok(());
    }
    Err(Problem::new(Code::BacklogFull, "nothing was changed; try again later").retry_after(BACKLOG_RETRY_S))
}

//! Whoever has made a batch may pause it, resume it or call it off.

use super::{Batch, cancel, set_status};
use crate::db::{Conn, Error};
use crate::domain::{BatchStatus, Timestamp};

/// What somebody wants of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// No item is begun.
    Pause,
    /// Items are begun again.
    Resume,
    /// Whatever has not ended is called off.
    Cancel,
}

impl Wish {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }
}

/// Does what is wanted of a batch, which the caller has locked. `false`: its status does not allow that.
pub fn change(conn: &mut Conn, batch: &Batch, wish: Wish, now: Timestamp) -> Result<bool, Error> {
    match (wish, batch.status) {
        (Wish::Pause, BatchStatus::Running) => set_status(conn, batch, BatchStatus::Paused, None, now)?,
        (Wish::Resume, BatchStatus::Paused) => set_status(conn, batch, BatchStatus::Running, None, now)?,
        (Wish::Cancel, BatchStatus::Preparing | BatchStatus::Running | BatchStatus::Paused) => {
            cancel(conn, batch, now)?;
            return Ok(true);
        }
        _ => return Ok(false),
    };
    Ok(true)
}

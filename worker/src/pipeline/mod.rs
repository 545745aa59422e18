//! The pipeline: bytes in, a report out. Nothing here knows a database, a queue, HTTP or an async runtime.

pub mod document;
pub mod mrz;
pub mod orientation;
pub mod page;

//! The pipeline: bytes in, a report out. Nothing here knows a database, a queue, HTTP or an async runtime.

mod annotate;
pub mod mrz;

pub use annotate::annotate;

//! The worker: takes jobs from the queue, runs the vision pipeline and writes the results.

pub mod drawing;
pub mod inference;
pub mod pipeline;
pub mod specimen;

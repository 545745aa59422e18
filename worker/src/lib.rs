//! The worker: takes jobs from the queue, runs the vision pipeline and writes the results.

pub mod inference;
pub mod pipeline;

#[cfg(test)]
mod testing;

//! The worker: takes jobs from the queue, runs the vision pipeline and writes the results.
//!
//! In the order of the flow: [`relay`] fills the queue, [`consume`] claims, [`jobs`] do the work with the
//! [`pipeline`] on [`threads`], [`leases`] keep the claims alive, and [`sweep`] picks up what was left behind.

pub mod consume;
pub mod drawing;
pub mod engine;
pub mod inference;
pub mod jobs;
pub mod leases;
mod load;
pub mod pipeline;
pub mod relay;
pub mod retry;
pub mod run;
pub mod specimen;
pub mod sweep;
#[cfg(test)]
mod testing;
pub mod threads;

pub use engine::Engine;
pub use run::{Role, run};

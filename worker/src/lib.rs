//! The worker: takes jobs from the queue, runs the vision pipeline and writes the results.
//!
//! In the order of the flow: [`feed`] begins the items of batches, [`relay`] fills the queue, `intake` takes the next message, `claims` makes its job
//! ours, [`jobs`] do the work with the [`engine`] on [`threads`], `leases` keep the claims alive, `finishes` ends
//! them, and [`sweep`] picks up what was left behind. `consume` ties them together. `deliver` sends webhooks.

mod claims;
mod consume;
mod deliver;
pub mod drawing;
pub mod engine;
pub mod eval;
pub mod evidence;
pub mod feed;
mod finishes;
mod group;
mod health;
pub mod import;
pub mod inference;
mod intake;
pub mod jobs;
mod leases;
mod load;
pub mod pipeline;
pub mod relay;
pub mod retry;
mod role;
mod run;
pub mod specimen;
pub mod sweep;
#[cfg(test)]
mod testing;
pub mod threads;
pub mod video;

pub use engine::Engine;
pub use role::Role;
pub use run::run;

//! The HTTP API: takes uploads, makes jobs, shows results. It decodes no image and loads no model.

mod answer;
mod app;
mod auth;
mod authentications;
mod batches;
mod begun;
mod code;
mod comparisons;
mod compat;
mod data_url;
mod events;
mod file;
mod fingerprint;
mod form;
mod health;
mod idempotency;
mod images;
mod jobs;
mod json;
mod limits;
mod metrics;
mod openapi;
mod page;
mod problem;
mod rate_limit;
mod report;
mod request;
mod reviews;
mod server;
mod state;
mod subjects;
#[cfg(test)]
mod tests;
mod trace;
mod upload;
mod verifications;
mod wait;
mod webhooks;

pub use compat::{Exposed, check_exposure};
pub use server::{Error, run};

//! `/v1/webhook-deliveries`, and an endpoint's: one file per verb.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod resend;
pub(crate) mod view;

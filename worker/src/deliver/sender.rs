//! Sends one webhook, as Standard Webhooks 1.0 has it.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use idv_common::config::WebhooksConfig;
use idv_common::db::webhooks::deliveries::{Attempt, Outcome};
use idv_common::db::webhooks::secrets::SigningSecret;
use idv_common::domain::{EventId, ReceiverUrl, Receivers, Timestamp};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, redirect, retry};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use super::guard::{Checked, Guard, Unreachable};

/// How long a connection may take to be made, the look-up of the name included.
const CONNECT: Duration = Duration::from_secs(5);

/// The most that is read of an answer, in bytes.
const READ: usize = 1000;

/// How many clients are kept for tenants with receivers of their own.
const CLIENTS: usize = 64;

/// What one attempt sends.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// The event, whose id is the same in each attempt.
    pub(crate) event: EventId,
    /// Where it goes.
    pub(crate) url: String,
    /// Where the tenant's webhooks may go.
    pub(crate) receivers: Receivers,
    /// The bytes that travel.
    pub(crate) body: Vec<u8>,
    /// What it is signed with.
    pub(crate) secrets: Vec<SigningSecret>,
}

/// An answer.
struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    beginning: Option<String>,
}

/// Sends webhooks. Each attempt looks the receiver up, checks it and connects anew.
pub(crate) struct Sender {
    guard: Guard,
    timeout: Duration,
    keep_response: bool,
    /// By what they may reach.
    clients: Mutex<HashMap<Receivers, Client>>,
}

impl Sender {
    /// A sender by the settings of `[webhooks]`.
    pub(crate) fn new(config: &WebhooksConfig) -> anyhow::Result<Self> {
        let sender = Self {
            guard: Guard::new(&config.dns)?,
            timeout: Duration::from_secs(config.timeout_s.max(1)),
            keep_response: config.keep_response,
            clients: Mutex::default(),
        };
        // What would fail each time fails at the start.
        sender.client(&Receivers::default()).context("failed to prepare the sending of webhooks")?;
        Ok(sender)
    }

    /// Sends a letter, and says how that ended. `chance` is a number from 0 to 1 that moves the next attempt.
    pub(crate) async fn send(&self, letter: &Letter, chance: f64) -> Attempt {
        let (at, begun) = (clock(), Instant::now());
        let ended = self.try_send(letter, at).await;
        let mut attempt = failed(at, String::new(), chance);
        attempt.latency = begun.elapsed();
        match ended {
            Ok(answer) => {
                attempt.outcome = Outcome::Answered(answer.status);
                attempt.response = answer.beginning;
                attempt.retry_after = answer.retry_after;
            }
            Err(error) => attempt.outcome = Outcome::Failed(error),
        }
        attempt
    }

    async fn try_send(&self, letter: &Letter, at: Timestamp) -> Result<Answer, String> {
        let url: ReceiverUrl = letter.url.parse().map_err(text)?;
        // Names are checked when they are looked up; addresses never are looked up.
        letter.receivers.check(&url).map_err(text)?;
        let client = self.client(&letter.receivers).map_err(text)?;
        let request = client
            .post(url.url().clone())
            .headers(signed(letter, at.as_seconds())?)
            .body(letter.body.clone());
        let response = request.send().await.map_err(|error| self.describe(&error))?;
        Ok(self.read(response).await)
    }

    async fn read(&self, mut response: Response) -> Answer {
        let (status, headers) = (response.status().as_u16(), response.headers());
        let retry_after = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| wish(value, clock()));
        let beginning = match self.keep_response {
            true => Some(beginning(&mut response).await),
            // Unread: the connection is not used again.
            false => None,
        };
        Answer { status, retry_after, beginning }
    }

    fn client(&self, receivers: &Receivers) -> reqwest::Result<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(receivers) {
            return Ok(client.clone());
        }
        let checked = Checked { guard: self.guard.clone(), receivers: receivers.clone() };
        let client = Client::builder()
            .tls_backend_rustls()
            .dns_resolver(checked)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            // A connection that is used again would reach an address that was checked long ago.
            .http1_only()
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT.min(self.timeout))
            .timeout(self.timeout)
            .user_agent(concat!("idv/", env!("CARGO_PKG_VERSION")))
            .build()?;
        if clients.len() >= CLIENTS {
            clients.clear();
        }
        clients.insert(receivers.clone(), client.clone());
        Ok(client)
    }

    /// Why no answer came, without the URL and without addresses.
    fn describe(&self, error: &reqwest::Error) -> String {
        let (mut cause, mut next) = (error as &(dyn StdError + 'static), error.source());
        while let Some(deeper) = next {
            (cause, next) = (deeper, deeper.source());
            if let Some(unreachable) = cause.downcast_ref::<Unreachable>() {
                return unreachable.to_string();
            }
        }
        match error {
            error if error.is_timeout() && error.is_connect() => "failed to connect in time".to_owned(),
            error if error.is_timeout() => format!("no answer came within {} s", self.timeout.as_secs()),
            error if error.is_connect() => format!("failed to connect: {cause}"),
            _ => format!("failed to read the answer: {cause}"),
        }
    }
}

/// An attempt that has failed before anything was sent.
pub(crate) fn failed(at: Timestamp, error: String, chance: f64) -> Attempt {
    let outcome = Outcome::Failed(error);
    Attempt { at, latency: Duration::ZERO, outcome, response: None, retry_after: None, chance }
}

/// This machine's time.
pub(crate) fn clock() -> Timestamp {
    Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The headers of a letter that is sent at `time`, in seconds since 1970: one signature per secret.
fn signed(letter: &Letter, time: i64) -> Result<HeaderMap, String> {
    let mut signatures = Vec::with_capacity(letter.secrets.len());
    for secret in &letter.secrets {
        let key = Webhook::from_bytes(secret.expose().to_vec()).map_err(text)?;
        signatures.push(key.sign(letter.event.as_str(), time, &letter.body).map_err(text)?);
    }
    let values = [
        (HEADER_WEBHOOK_ID, letter.event.to_string()),
        (HEADER_WEBHOOK_TIMESTAMP, time.to_string()),
        (HEADER_WEBHOOK_SIGNATURE, signatures.join(" ")),
        (CONTENT_TYPE.as_str(), "application/json".to_owned()),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in values {
        headers.insert(name, value.parse().map_err(text)?);
    }
    Ok(headers)
}

/// The beginning of an answer, as far as it comes in time. NUL is no text to every database.
async fn beginning(response: &mut Response) -> String {
    let mut read = Vec::with_capacity(READ);
    while read.len() < READ
        && let Ok(Some(chunk)) = response.chunk().await
    {
        let room = READ - read.len();
        read.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    String::from_utf8_lossy(&read).replace('\0', "\u{fffd}")
}

/// The time that `Retry-After` asks for: seconds, or a date.
fn wish(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Timestamp::from_micros(date.as_microsecond()).since(now))
}

//! Requests to one API process or another, whose answers may fail to come.

use std::time::Duration;

use serde_json::Value;

/// Asks with one API key.
pub(crate) struct Http {
    agent: ureq::Agent,
    key: String,
}

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// An answer, whatever its status.
    Answer(Answer),
    /// None: nobody knows whether the request had an effect.
    Nothing(String),
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Seconds after which to ask again.
    pub(crate) retry_after: Option<u64>,
    /// The body; null if it is no JSON.
    pub(crate) body: Value,
}

const BOUNDARY: &str = "----idv-chaos-boundary";

impl Http {
    /// A client that waits so long for an answer.
    pub(crate) fn new(key: &str, patience: Duration) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(patience));
        Self { agent: config.build().new_agent(), key: key.to_owned() }
    }

    pub(crate) fn get(&self, url: &str) -> Reply {
        let request = ureq::http::Request::get(url).header("authorization", format!("Bearer {}", self.key));
        match request.body(()) {
            Ok(request) => read(self.agent.run(request)),
            Err(error) => Reply::Nothing(error.to_string()),
        }
    }

    /// Posts under an idempotency key: parts as a form, or an empty body if there are none.
    pub(crate) fn post(&self, url: &str, idempotency_key: &str, parts: &[(&str, &[u8])]) -> Reply {
        let mut request = ureq::http::Request::post(url)
            .header("authorization", format!("Bearer {}", self.key))
            .header("idempotency-key", idempotency_key);
        if !parts.is_empty() {
            request = request.header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
        }
        match request.body(form(parts)) {
            Ok(request) => read(self.agent.run(request)),
            Err(error) => Reply::Nothing(error.to_string()),
        }
    }
}

fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let file = if *name == "client_reference" { "" } else { "; filename=\"upload\"" };
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    if !parts.is_empty() {
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    }
    body
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Reply {
    let read = answer.and_then(|mut answer| Ok((answer.body_mut().read_to_vec()?, answer)));
    match read {
        Ok((body, answer)) => Reply::Answer(Answer {
            status: answer.status().as_u16(),
            retry_after: answer
                .headers()
                .get("retry-after")
                .and_then(|value| value.to_str().ok()?.parse().ok()),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }),
        Err(error) => Reply::Nothing(error.to_string()),
    }
}

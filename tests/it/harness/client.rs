//! A client of the API that keeps status, headers and body of each answer.

use std::time::Duration;

use serde_json::Value;

/// Calls one server with one API key.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    key: String,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: ureq::http::HeaderMap,
    body: Vec<u8>,
}

/// A part of a multipart body.
pub struct Part<'a> {
    pub name: &'a str,
    pub content_type: &'a str,
    pub bytes: &'a [u8],
}

impl<'a> Part<'a> {
    pub fn image(name: &'a str, bytes: &'a [u8]) -> Self {
        Self { name, content_type: "application/octet-stream", bytes }
    }
}

impl Client {
    pub fn new(base: &str, key: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .new_agent();
        Self { agent, base: base.to_owned(), key: key.to_owned() }
    }

    /// The same with another key; with none at all if it is empty.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, b"")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    pub fn put(&self, path: &str, bytes: &[u8]) -> Answer {
        self.send("PUT", path, &[("content-type", "application/octet-stream")], bytes)
    }

    pub fn post_parts(&self, path: &str, parts: &[Part<'_>], headers: &[(&str, &str)]) -> Answer {
        self.try_post_parts_with(path, parts, headers).expect("the server answers")
    }

    /// Like [`Client::post_parts`], to a server that may go away meanwhile: then there is no answer.
    pub fn try_post_parts(&self, path: &str, parts: &[Part<'_>]) -> Option<Answer> {
        self.try_post_parts_with(path, parts, &[])
    }

    fn try_post_parts_with(
        &self,
        path: &str,
        parts: &[Part<'_>],
        headers: &[(&str, &str)],
    ) -> Option<Answer> {
        const BOUNDARY: &str = "----idv-test-boundary";
        let mut body = Vec::new();
        for Part { name, content_type, bytes } in parts {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"upload\"\r\n\
                 Content-Type: {content_type}\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let mut all = vec![("content-type", content_type.as_str())];
        all.extend_from_slice(headers);
        self.attempt("POST", path, &all, &body)
    }

    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.attempt(method, path, headers, body).expect("the server answers")
    }

    /// Like [`Client::send`], to a server that may go away meanwhile: then there is no answer.
    pub fn attempt(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if !self.key.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.key));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        // A GET with a body, be it an empty one, is another request.
        let answer = if body.is_empty() && method == "GET" {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(body.to_vec()).unwrap())
        };
        let mut answer = answer.ok()?;
        let body = answer.body_mut().with_config().limit(64 << 20).read_to_vec().ok()?;
        Some(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The body, after a check of the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// The code of the problem, after a check of status and content type.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        let body = self.json();
        assert_eq!(body["status"], status);
        assert!(body["request_id"].is_string() && body["detail"].is_string(), "{body}");
        body["code"].as_str().expect("a problem has a code").to_owned()
    }
}

//! A receiver on this machine that keeps what arrives and answers as it is told.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use ureq::http::HeaderMap;
use ureq::http::header::{HeaderName, HeaderValue};

/// A request that has arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
    /// The status that it was answered with.
    pub answer: u16,
}

impl Arrived {
    /// The id of the event.
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn event_type(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// What it happened to.
    pub fn resource(&self) -> String {
        self.json()["data"]["id"].as_str().unwrap().to_owned()
    }

    pub fn sequence(&self) -> i64 {
        self.json()["data"]["sequence"].as_i64().unwrap()
    }

    pub fn was_taken(&self) -> bool {
        (200..300).contains(&self.answer)
    }

    /// Whether its signature is one of this secret's.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let headers: HeaderMap = self
            .headers
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                (name, HeaderValue::from_str(value).unwrap())
            })
            .collect();
        let verifier = standardwebhooks::Webhook::new(secret).unwrap();
        verifier.verify(&self.body, &headers).is_ok()
    }
}

type Answer = Box<dyn FnMut(&Arrived) -> u16 + Send>;

/// A receiver; it stops listening when the test process ends.
pub struct Receiver {
    pub url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Receiver {
    /// One that answers each request with the status that `answer` gives.
    pub fn start(answer: impl FnMut(&Arrived) -> u16 + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?key=value", listener.local_addr().unwrap());
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let state = Arc::new(Mutex::new((arrived.clone(), Box::new(answer) as Answer)));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = state.clone();
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { url, arrived }
    }

    /// One that takes everything.
    pub fn willing() -> Self {
        Self::start(|_| 204)
    }

    /// Everything that has arrived, in order.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it has taken of one resource, in order.
    pub fn taken_of(&self, resource: &str) -> Vec<Arrived> {
        let of = |arrived: &Arrived| arrived.was_taken() && arrived.resource() == resource;
        self.arrived().into_iter().filter(of).collect()
    }

    /// The types of what it has taken of one resource, in order.
    pub fn types_of(&self, resource: &str) -> Vec<String> {
        self.taken_of(resource).iter().map(Arrived::event_type).collect()
    }
}

fn serve(stream: TcpStream, state: &Mutex<(Arc<Mutex<Vec<Arrived>>>, Answer)>) {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(mut request) = read(&mut reader) {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (arrived, answer) = &mut *state;
        request.answer = answer(&request);
        let status = request.answer;
        arrived.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        drop(state);
        let head = format!("HTTP/1.1 {status} status\r\ncontent-length: 0\r\n\r\n");
        if reader.get_mut().write_all(head.as_bytes()).is_err() {
            return;
        }
    }
}

/// The next request of a connection; `None` at its end.
fn read(reader: &mut impl BufRead) -> Option<Arrived> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    assert!(line.starts_with("POST /hook?key=value "), "{line}");
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Arrived { headers, body, answer: 0 })
}

//! A receiver of webhooks, and the events that it is told of.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use idv_common::db::webhooks::endpoints;
use idv_common::db::{self, tenants, verifications};
use idv_common::domain::{Receivers, VerificationId};

use super::Server;

/// A server that takes every webhook.
pub struct Receiver {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    taken: Arc<Mutex<Vec<(String, String)>>>,
}

impl Receiver {
    /// A receiver on this machine that answers with these words.
    pub fn start(words: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, taken) = (Arc::<AtomicUsize>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (counted, told) = (connections.clone(), taken.clone());
        // Ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
                let told = told.clone();
                std::thread::spawn(move || take(stream, words, &told));
            }
        });
        Self { address, connections, taken }
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// What it was told, in order: the id of the event and its type.
    pub fn taken(&self) -> Vec<(String, String)> {
        self.taken.lock().unwrap().clone()
    }

    /// Whether it was told of an event of this type, without the common prefix.
    pub fn has(&self, event: &str) -> bool {
        self.taken().iter().any(|(_, kind)| kind.strip_prefix("verification.") == Some(event))
    }
}

fn take(mut stream: TcpStream, words: &str, told: &Mutex<Vec<(String, String)>>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let Ok(length @ 1..) = stream.read(&mut buffer) else { return };
        bytes.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // The body ends with the object that it is.
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let Ok(body) = serde_json::from_str::<serde_json::Value>(body) else { continue };
        let id = head.lines().find_map(|line| line.strip_prefix("webhook-id: ")).unwrap().to_owned();
        told.lock().unwrap().push((id, body["type"].as_str().unwrap().to_owned()));
        break;
    }
    let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{words}", words.len());
}

/// Has a verification of the tenant `default` tell a URL of everything from now on, and lets its webhooks go there.
pub fn tell(server: &Server, id: &str, url: &str, receivers: Receivers) {
    let (id, url): (VerificationId, _) = (id.parse().unwrap(), url.to_owned());
    server.data().transaction(move |conn| {
        let now = db::now(conn)?;
        let tenant = tenants::by_name(conn, "default")?.unwrap().id;
        tenants::set_receivers(conn, &tenant, &receivers)?;
        let endpoint = endpoints::own_endpoint(conn, &tenant, &url, now)?;
        verifications::set_webhook(conn, &id, &endpoint)
    });
}

/// Receivers on this machine.
pub fn on_this_machine() -> Receivers {
    Receivers { networks: vec!["127.0.0.1/32".parse().unwrap()], http: true }
}

//! Webhooks that are really sent: receivers and a name server of the tests' own.

mod flow;
mod guarding;
mod sending;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_resolver::proto::op::{Message, OpCode};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use idv_common::config::WebhooksConfig;
use idv_common::domain::Receivers;
use idv_common::{Config, Context};
use reqwest::header::{HeaderMap, HeaderName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinHandle;

use crate::deliver::sender::Sender;

/// The settings of `[webhooks]` with no name server that answers.
fn settings() -> WebhooksConfig {
    let mut config = Config::load(None).unwrap().webhooks;
    config.dns = "127.0.0.1:9".to_owned();
    config
}

/// A sender by these settings.
async fn sender(config: &WebhooksConfig) -> Sender {
    // The context provides TLS to the process.
    drop(embedded(|_| {}).await);
    Sender::new(config).unwrap()
}

/// What a tenant may reach whose receivers are on this machine.
fn local() -> Receivers {
    Receivers { networks: vec!["127.0.0.0/8".parse().unwrap()], http: true }
}

/// Waits until `what` holds.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

/// What a receiver got.
#[derive(Debug, Clone)]
struct Request {
    line: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The body's member of `data`.
    fn data(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice::<serde_json::Value>(&self.body).unwrap()["data"][name].take()
    }
}

/// What a receiver answers: everything from the status on; nothing, ever, if that is empty.
type Answer = Box<dyn Fn(usize, &Request) -> String + Send + Sync>;

/// A receiver of webhooks.
struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    answer: Answer,
    connections: AtomicUsize,
    requests: Mutex<Vec<Request>>,
}

impl Receiver {
    /// A receiver that gives the number of the request, from 0, and the request to `answer`.
    async fn start(answer: impl Fn(usize, &Request) -> String + Send + Sync + 'static) -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), answer).await
    }

    async fn at(
        address: SocketAddr,
        answer: impl Fn(usize, &Request) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let (answer, requests) = (Box::new(answer), Mutex::default());
        let state = Arc::new(State { answer, connections: AtomicUsize::new(0), requests });
        let (address, shared) = (listener.local_addr().unwrap(), state.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { address, state, task }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let Some(request) = read(&mut stream).await else { return };
    let number = {
        let mut requests = state.requests.lock().unwrap();
        requests.push(request.clone());
        requests.len() - 1
    };
    // On a thread of its own, because it may block.
    let answering = tokio::task::spawn_blocking(move || (state.answer)(number, &request));
    let Ok(answer) = answering.await else { return };
    if answer.is_empty() {
        // Until the sender gives up.
        let _ = stream.read(&mut [0]).await;
        return;
    }
    let _ = stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let mut lines = head.lines();
            let line = lines.next().unwrap().to_owned();
            let mut headers = HeaderMap::new();
            for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
                headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            }
            let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
            let mut body = bytes.split_off(end + 4);
            while body.len() < length {
                stream.read_buf(&mut body).await.ok().filter(|read| *read > 0)?;
            }
            return Some(Request { line, headers, body });
        }
        stream.read_buf(&mut bytes).await.ok().filter(|read| *read > 0)?;
    }
}

/// An answer without a body.
fn plain(status: &str) -> String {
    format!("{status}\r\ncontent-length: 0\r\n\r\n")
}

/// A name server that answers what `answer` gives for the name without its last dot, the type, and how often anything
/// was asked before. Nothing may be remembered.
struct NameServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl NameServer {
    async fn start(answer: impl Fn(&str, RecordType, usize) -> Vec<RData> + Send + Sync + 'static) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let (mut buffer, mut asked) = ([0; 4096], 0);
            while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let query = question.queries[0].clone();
                let mut reply = Message::response(question.metadata.id, OpCode::Query);
                reply.metadata.recursion_available = true;
                let name = query.name().to_ascii();
                for data in answer(name.trim_end_matches('.'), query.query_type(), asked) {
                    reply.add_answer(Record::from_rdata(query.name().clone(), 0, data));
                }
                reply.add_query(query);
                asked += 1;
                let _ = socket.send_to(&reply.to_vec().unwrap(), peer).await;
            }
        });
        Self { address, task }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A context whose webhooks are tried again at once.
async fn embedded(change: impl FnOnce(&mut WebhooksConfig)) -> (tempfile::TempDir, Context) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::load(None).unwrap();
    config.data_dir = folder.path().to_owned();
    config.webhooks = settings();
    config.webhooks.schedule_s = vec![0; 10];
    change(&mut config.webhooks);
    (folder, Context::connect(config).await.unwrap())
}

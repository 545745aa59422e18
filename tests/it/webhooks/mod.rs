//! Webhooks: what happens is told, to receivers on this machine.

mod delivering;
mod operating;
mod python;
mod receiver;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::harness::images::broken_png;
use crate::harness::verification::id;
use crate::harness::{Client, Part, Server, ServerOptions};
use receiver::Receiver;

const ENDPOINTS: &str = "/v1/webhook-endpoints";

/// A tenant of its own on the server that these tests share.
struct Place {
    server: Arc<Server>,
    name: String,
    client: Client,
}

impl Place {
    /// A tenant whose receivers may be on this machine. A failed attempt is repeated after a second.
    fn open() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let options = || ServerOptions::default().noop().set("IDV_WEBHOOKS__SCHEDULE_S", "0,1,1,1,1,600,600");
        let server = Server::shared("webhooks", options)?;
        let name = format!("webhooks-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        server.command(&["tenants", "create", &name]).expect(0);
        let key = server.command(&["keys", "create", "key", "--tenant", &name]).expect(0);
        let allow = ["--allow-network", "127.0.0.0/8", "--allow-http"];
        let held = server.command(&[&["tenants", "receivers", &name], &allow[..]].concat()).expect(0);
        assert_eq!(held, "allowed: 127.0.0.0/8\nallowed: public addresses, over http and https\n");
        let client = server.client().with_key(key.trim());
        Some(Self { server, name, client })
    }

    /// Makes an endpoint of a receiver, which is told of everything.
    #[track_caller]
    fn endpoint(&self, receiver: &Receiver) -> Endpoint {
        self.endpoint_for(receiver, Value::Null)
    }

    /// Makes an endpoint that is told of these types.
    #[track_caller]
    fn endpoint_for(&self, receiver: &Receiver, events: Value) -> Endpoint {
        let made = self.client.post(ENDPOINTS, &json!({"url": receiver.url, "events": events})).expect(201);
        let secret = made["secret"].as_str().unwrap().to_owned();
        Endpoint {
            client: self.client.clone(),
            path: format!("{ENDPOINTS}/{}", id(&made)),
            id: id(&made),
            secret,
        }
    }

    /// Has a verification decided, and gives its id.
    #[track_caller]
    fn verify(&self, more: &[(&str, &str)]) -> String {
        let (front, selfie) = (broken_png(8001), broken_png(8002));
        let mut parts = vec![Part::image("document_front", &front), Part::image("selfie", &selfie)];
        parts.extend(more.iter().map(|(name, text)| Part {
            name,
            content_type: "text/plain",
            bytes: text.as_bytes(),
        }));
        let made = self.client.post_parts("/v1/verifications", &parts, &[]).expect(202);
        assert_eq!(self.client.settled(&id(&made))["status"], "verified");
        id(&made)
    }

    /// Runs `idv webhooks` for this tenant.
    fn webhooks(&self, arguments: &[&str]) -> crate::harness::command::Run {
        self.server.command(&[&["webhooks", "--tenant", &self.name], arguments].concat())
    }
}

/// An endpoint of a receiver.
struct Endpoint {
    client: Client,
    path: String,
    id: String,
    secret: String,
}

impl Endpoint {
    #[track_caller]
    fn show(&self) -> Value {
        self.client.get(&self.path).expect(200)
    }

    /// Posts to one of its verbs.
    #[track_caller]
    fn act(&self, verb: &str, body: &Value, status: u16) -> Value {
        self.client.post(&format!("{}/{verb}", self.path), body).expect(status)
    }

    /// Its deliveries, oldest first.
    #[track_caller]
    fn deliveries(&self, query: &str) -> Vec<Value> {
        let list = self.client.get(&format!("{}/deliveries?limit=100{query}", self.path)).expect(200);
        let mut rows = list["data"].as_array().unwrap().clone();
        rows.reverse();
        rows
    }

    /// A delivery with its attempts.
    #[track_caller]
    fn delivery(&self, row: &Value) -> Value {
        let id = row["id"].as_str().or(row["delivery_id"].as_str()).unwrap();
        self.client.get(&format!("/v1/webhook-deliveries/{id}")).expect(200)
    }

    /// Whether everything that was on its way has been taken.
    fn is_done(&self) -> bool {
        self.deliveries("").iter().all(|row| row["state"] == "delivered")
    }
}

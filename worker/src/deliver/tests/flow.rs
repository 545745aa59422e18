//! The whole role: from an event to a receiver.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use idv_common::config::WebhooksConfig;
use idv_common::db::events::{self, NewEvent};
use idv_common::db::webhooks::deliveries::{self, Delivery, Filter};
use idv_common::db::webhooks::endpoints::{self, NewEndpoint};
use idv_common::db::webhooks::secrets::{self, Owner, SigningSecret};
use idv_common::db::{self, tenants};
use idv_common::domain::{DeliveryState, EndpointId, EventType, TenantId};
use idv_common::{Context, context};
use standardwebhooks::Webhook;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Receiver, embedded, eventually, local, plain};
use crate::deliver::Deliver;

/// A tenant with endpoints, and the role at work.
struct Flow {
    ctx: Context,
    tenant: TenantId,
    stop: CancellationToken,
    role: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Flow {
    async fn start(change: impl FnOnce(&mut WebhooksConfig)) -> Self {
        let (_folder, ctx) = embedded(change).await;
        let keyring = ctx.keyring.clone();
        let tenant = ctx.db.transaction(move |conn| {
            let now = db::now(conn)?;
            let tenant = context::default_tenant(conn, &keyring, now)?;
            tenants::set_receivers(conn, &tenant, &local())?;
            Ok::<_, db::Error>(tenant)
        });
        let (tenant, stop) = (tenant.await.unwrap(), CancellationToken::new());
        let role = tokio::spawn(Deliver::prepare(&ctx).unwrap().run(stop.clone()));
        Self { ctx, tenant, stop, role, _folder }
    }

    /// An endpoint for a receiver, and what its deliveries are signed with.
    async fn endpoint(&self, receiver: &Receiver) -> (EndpointId, SigningSecret) {
        let (keyring, tenant, url) = (self.ctx.keyring.clone(), self.tenant.clone(), receiver.url("/"));
        let made = self.ctx.db.transaction(move |conn| {
            let (now, id) = (db::now(conn)?, EndpointId::generate());
            let new = NewEndpoint { id: &id, tenant: &tenant, url: &url, description: None, events: None };
            assert!(endpoints::insert(conn, &new, 100, now)?);
            let key = keyring.tenant(conn, &tenant).map_err(|error| db::Error::Corrupt(error.to_string()))?;
            let owner = Owner { tenant: &tenant, endpoint: Some(&id) };
            let secret = secrets::create(conn, &key, owner, now)?;
            Ok::<_, db::Error>((id, secret))
        });
        made.await.unwrap()
    }

    /// Tells of so many events of each of these things, all first ones first.
    async fn tell(&self, resources: &[&str], count: usize) {
        let tenant = self.tenant.clone();
        let resources: Vec<String> = resources.iter().map(|name| (*name).to_owned()).collect();
        let told = self.ctx.db.transaction(move |conn| {
            let now = db::now(conn)?;
            for resource in resources.iter().cycle().take(count * resources.len()) {
                let event_type = EventType::BatchProgress;
                let new = NewEvent { tenant: &tenant, resource, event_type, version: 1, details: None };
                events::tell(conn, &new, now)?;
            }
            Ok::<_, db::Error>(())
        });
        told.await.unwrap();
    }

    async fn deliveries(&self, state: DeliveryState) -> Vec<Delivery> {
        let (tenant, filter) = (self.tenant.clone(), Filter { state: Some(state), ..Filter::default() });
        let found = self.ctx.db.read(move |conn| deliveries::list(conn, &tenant, &filter, 1000));
        found.await.unwrap()
    }

    async fn end(self) {
        self.stop.cancel();
        self.role.await.unwrap();
    }
}

/// The places of what a receiver took of one thing, in the order in which it came.
fn places(receiver: &Receiver, resource: &str) -> Vec<i64> {
    let of = |request: &super::Request| request.data("id") == resource;
    receiver
        .requests()
        .iter()
        .filter(|one| of(one))
        .map(|one| one.data("sequence").as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_receiver_that_fails_three_times_gets_each_event_in_order_and_under_one_id() {
    let failures = Arc::new(Mutex::new(HashMap::<String, usize>::new()));
    let receiver = Receiver::start(move |_, request| {
        let mut failures = failures.lock().unwrap();
        let failed = failures.entry(request.header("webhook-id").to_owned()).or_default();
        *failed += 1;
        // The first event fails three times; a rest would take seconds.
        plain(if request.data("sequence") == 1 && *failed <= 3 { "500 No" } else { "200 OK" })
    })
    .await;
    let flow = Flow::start(|_| {}).await;
    let (_, secret) = flow.endpoint(&receiver).await;
    flow.tell(&["bat_a"], 5).await;
    eventually("all are delivered", async || flow.deliveries(DeliveryState::Delivered).await.len() == 5)
        .await;
    assert_eq!(places(&receiver, "bat_a"), [1, 1, 1, 1, 2, 3, 4, 5]);
    let requests = receiver.requests();
    assert!(requests[..4].iter().all(|one| one.header("webhook-id") == requests[0].header("webhook-id")));
    let verifier = Webhook::new(&secret.to_text()).unwrap();
    for request in &requests {
        verifier.verify(&request.body, &request.headers).unwrap();
    }
    let first = flow.deliveries(DeliveryState::Delivered).await.pop().unwrap();
    let tries = flow.ctx.db.read(move |conn| deliveries::attempts(conn, &first.id)).await.unwrap();
    let statuses: Vec<_> = tries.iter().map(|one| one.status.unwrap()).collect();
    assert_eq!(statuses, [500, 500, 500, 200]);
    flow.end().await;
}

#[tokio::test]
async fn receivers_that_hang_delay_no_other_and_no_other_thing() {
    let hanging = Receiver::start(|_, _| String::new()).await;
    // Silent about one thing alone.
    let partial =
        Receiver::start(|_, one| if one.data("id") == "bat_a" { String::new() } else { plain("200 OK") });
    let (partial, quick) = (partial.await, Receiver::start(|_, _| plain("200 OK")).await);
    // No attempt ends by itself while this test runs.
    let flow = Flow::start(|webhooks| webhooks.timeout_s = 600).await;
    for receiver in [&hanging, &partial, &quick] {
        flow.endpoint(receiver).await;
    }
    flow.tell(&["bat_a", "bat_b"], 20).await;
    eventually("the quick one has all", async || quick.requests().len() == 40).await;
    eventually("the other thing passes", async || places(&partial, "bat_b").len() == 20).await;
    for (receiver, resource) in [(&quick, "bat_a"), (&quick, "bat_b"), (&partial, "bat_b")] {
        assert_eq!(places(receiver, resource), (1..=20).collect::<Vec<_>>());
    }
    assert_eq!(places(&partial, "bat_a"), [1], "the second waits for the first");
    assert_eq!(hanging.requests().len(), 2, "the first of each");
    flow.role.abort();
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_disabled_and_the_others_are_told() {
    let gone = Receiver::start(|_, _| plain("410 Gone")).await;
    let other = Receiver::start(|_, _| plain("200 OK")).await;
    let flow = Flow::start(|_| {}).await;
    let (id, _) = flow.endpoint(&gone).await;
    flow.endpoint(&other).await;
    flow.tell(&["bat_a"], 3).await;
    eventually("the other is told", async || places(&other, id.as_str()) == [1]).await;
    eventually("the other has all", async || places(&other, "bat_a") == [1, 2, 3]).await;
    let told = other.requests().into_iter().find(|one| one.data("id") == id.as_str()).unwrap();
    assert_eq!((told.data("reason"), told.data("status")), ("gone".into(), "disabled".into()));
    assert_eq!(gone.requests().len(), 1);
    // An attempt is written down a moment after its answer.
    eventually("the others wait", async || flow.deliveries(DeliveryState::Pending).await.len() == 3).await;
    flow.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_role_that_stops_ends_what_it_has_begun() {
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let slow = Receiver::start(move |_, _| {
        gate.lock().unwrap().recv().unwrap();
        plain("200 OK")
    })
    .await;
    let mut flow = Flow::start(|_| {}).await;
    flow.endpoint(&slow).await;
    flow.tell(&["bat_a"], 1).await;
    eventually("it is under way", async || slow.requests().len() == 1).await;
    flow.stop.cancel();
    flow.tell(&["bat_b"], 1).await;
    let early = tokio::time::timeout(Duration::from_millis(100), &mut flow.role).await;
    assert!(early.is_err(), "it waits for what is under way");
    open.send(()).unwrap();
    (&mut flow.role).await.unwrap();
    assert_eq!(flow.deliveries(DeliveryState::Delivered).await.len(), 1);
    assert_eq!(flow.deliveries(DeliveryState::Pending).await.len(), 1, "and begins nothing more");
}

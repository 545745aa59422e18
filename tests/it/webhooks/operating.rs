//! What an endpoint's owner and the operator do with it.

use diesel::prelude::*;
use idv_common::db::schema::{webhook_deliveries, webhook_secrets};
use idv_common::db::webhooks::endpoints;
use idv_common::db::{self, Conn};
use serde_json::{Value, json};

use super::Place;
use super::receiver::{Arrived, Receiver};
use crate::harness::eventually;

#[test]
fn an_endpoint_that_answers_410_is_disabled_and_the_others_are_told() {
    let Some(place) = Place::open() else { return };
    let mut is_gone = true;
    let receiver = Receiver::start(move |_| if std::mem::take(&mut is_gone) { 410 } else { 200 });
    let other = Receiver::willing();
    let (endpoint, witness) = (place.endpoint(&receiver), place.endpoint(&other));
    let verification = place.verify(&[]);
    eventually("it is disabled", || endpoint.show()["status"] == "disabled");
    assert_eq!(endpoint.show()["disabled_reason"], "gone");
    eventually("the other one is told", || other.types_of(&endpoint.id) == ["endpoint.disabled"]);
    assert_eq!(other.taken_of(&endpoint.id)[0].json()["data"]["reason"], "gone");
    assert_eq!(receiver.arrived().len(), 1, "nothing more is sent to it");

    // What was on its way waits, and goes on when the endpoint is enabled again.
    endpoint.act("enable", &json!({}), 200);
    eventually("the rest is taken", || endpoint.is_done() && witness.is_done());
    assert_eq!(receiver.types_of(&verification).first().map(String::as_str), Some("verification.created"));
    assert!(endpoint.show()["disabled_reason"].is_null());
}

#[test]
fn what_a_disabled_endpoint_has_missed_is_recovered_once() {
    let Some(place) = Place::open() else { return };
    let receiver = Receiver::willing();
    let endpoint = place.endpoint(&receiver);
    let before = place.verify(&[]);
    eventually("the first is told", || receiver.types_of(&before).len() == 3);
    let since = endpoint.show()["created_at"].clone();
    endpoint.act("disable", &json!({}), 200);
    let missed = place.verify(&[]);
    endpoint.act("enable", &json!({}), 200);
    let after = place.verify(&[]);
    eventually("what came after is told", || receiver.types_of(&after).len() == 3);
    assert!(receiver.types_of(&missed).is_empty(), "it was told of nothing meanwhile");
    let recovery = endpoint.act("recover", &json!({"since": since}), 202);
    assert_eq!(recovery["recovered"], 3, "{recovery}");
    eventually("what it has missed is told", || receiver.types_of(&missed).len() == 3 && endpoint.is_done());
    let sequence: Vec<i64> = receiver.taken_of(&missed).iter().map(Arrived::sequence).collect();
    assert_eq!(sequence, [1, 2, 3], "in order");
    assert_eq!(receiver.types_of(&before).len(), 3, "and what it has taken is not told again");
    assert_eq!(endpoint.act("recover", &json!({"since": since}), 202)["recovered"], 0);
}

#[test]
fn a_delivery_that_is_sent_again_has_the_same_id_and_the_same_bytes() {
    let Some(place) = Place::open() else { return };
    let receiver = Receiver::willing();
    let endpoint = place.endpoint(&receiver);
    let sent = endpoint.act("test", &json!({}), 202);
    eventually("it is taken", || endpoint.is_done());
    let delivery = sent["delivery_id"].as_str().unwrap();
    let path = format!("/v1/webhook-deliveries/{delivery}/resend");
    place.client.post(&path, &json!({})).expect(202);
    eventually("it is taken again", || receiver.arrived().len() == 2 && endpoint.is_done());
    place.webhooks(&["resend", delivery]).expect(0);
    eventually("and again", || receiver.arrived().len() == 3 && endpoint.is_done());
    let arrived = receiver.arrived();
    for again in &arrived {
        assert_eq!((again.id(), &again.body), (sent["event_id"].as_str().unwrap(), &arrived[0].body));
    }
    assert_eq!(endpoint.delivery(&sent)["attempt_log"].as_array().map(Vec::len), Some(3));
}

#[test]
fn the_deletion_of_an_endpoint_calls_off_what_is_on_its_way() {
    let Some(place) = Place::open() else { return };
    let receiver = Receiver::start(|_| 500);
    let endpoint = place.endpoint(&receiver);
    place.verify(&[]);
    eventually("something was tried", || !receiver.arrived().is_empty());
    let delivery = endpoint.deliveries("&state=pending")[0].clone();
    let delivery = format!("/v1/webhook-deliveries/{}", delivery["id"].as_str().unwrap());
    assert_eq!(place.client.send("DELETE", &endpoint.path, &[], b"").status, 204);
    assert_eq!(place.client.get(&endpoint.path).problem(404), "not_found");
    assert_eq!(place.client.get(&delivery).problem(404), "not_found");
    let left = || {
        let id = endpoint.id.clone();
        place.server.data().transaction(move |conn| count_left(conn, &id))
    };
    // What is tried at that moment is left to the sweep.
    eventually("nothing is left", || left() == (0, 0));
}

/// How many deliveries and secrets of a deleted endpoint are left after the sweep.
fn count_left(conn: &mut Conn, id: &str) -> Result<(i64, i64), db::Error> {
    while endpoints::clear_deleted(conn)? > 0 {}
    let deliveries = webhook_deliveries::table.filter(webhook_deliveries::endpoint_id.eq(id));
    let secrets = webhook_secrets::table.filter(webhook_secrets::endpoint_id.eq(id));
    Ok((deliveries.count().get_result(conn)?, secrets.count().get_result(conn)?))
}

#[test]
fn the_operator_sees_endpoints_and_deliveries_and_tries_them() {
    let Some(place) = Place::open() else { return };
    let receiver = Receiver::willing();
    let endpoint = place.endpoint_for(&receiver, json!(["endpoint.disabled"]));
    let list = place.webhooks(&["list"]).expect(0);
    assert_eq!(list, format!("{}  enabled  {}  endpoint.disabled\n", endpoint.id, receiver.url));
    let test = place.webhooks(&["test", &endpoint.id]).expect(0);
    let (event, delivery) = test.trim().split_once("  ").unwrap();
    eventually("it is taken", || endpoint.is_done());
    assert_eq!(receiver.arrived()[0].id(), event);
    let rows = place.webhooks(&["deliveries", &endpoint.id, "--state", "delivered"]).expect(0);
    assert!(rows.starts_with(delivery) && rows.contains("endpoint.test"), "{rows}");
    let attempts = place.webhooks(&["deliveries", delivery]).expect(0);
    assert!(attempts.lines().count() == 2 && attempts.trim_end().ends_with("  204"), "{attempts}");
    let created = endpoint.show()["created_at"].as_str().unwrap().to_owned();
    let since = ["recover", &endpoint.id, "--since", &created];
    assert_eq!(place.webhooks(&since).expect(0), "0 events are on their way\n");
    let forgotten = place.webhooks(&["recover", &endpoint.id, "--since", "2026-01-01T00:00:00Z"]);
    assert_eq!((forgotten.code, forgotten.complaints().len()), (1, 1), "{forgotten:?}");

    let foreign = place.server.command(&["webhooks", "deliveries", &endpoint.id]);
    assert_eq!((foreign.code, foreign.complaints().len()), (1, 1), "{foreign:?}");
    let held = place.server.command(&["tenants", "receivers", &place.name, "--clear"]).expect(0);
    assert_eq!(held, "allowed: public addresses, over https\n");
    let refused = place.client.post(super::ENDPOINTS, &json!({"url": receiver.url}));
    assert_eq!(refused.problem(422), "invalid_field");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/url");
    let sent = endpoint.act("test", &json!({}), 202);
    let delivery = || endpoint.delivery(&sent);
    eventually("it is refused", || delivery()["attempt_log"].as_array().is_some_and(|log| !log.is_empty()));
    assert_eq!(
        delivery()["attempt_log"][0]["status"],
        Value::Null,
        "what was allowed is looked at each time"
    );
    assert_eq!(receiver.arrived().len(), 1);
}

#[test]
fn another_tenant_finds_neither_endpoint_nor_delivery() {
    let (Some(place), Some(other)) = (Place::open(), Place::open()) else { return };
    let receiver = Receiver::willing();
    let endpoint = place.endpoint(&receiver);
    let sent = endpoint.act("test", &json!({}), 202);
    let delivery = format!("/v1/webhook-deliveries/{}", sent["delivery_id"].as_str().unwrap());
    let deliveries = format!("{}/deliveries", endpoint.path);
    for path in [&endpoint.path, &delivery, &deliveries] {
        assert_eq!(other.client.get(path).problem(404), "not_found");
    }
    assert_eq!(other.client.post(&format!("{delivery}/resend"), &json!({})).problem(404), "not_found");
    other.verify(&[]);
    let all = other.client.get("/v1/events").expect(200);
    assert_eq!(all["data"].as_array().map(Vec::len), Some(3), "its own alone");
    eventually("the test was taken", || endpoint.is_done());
    assert_eq!(receiver.arrived().len(), 1, "what happens to the other one is not told here");
}

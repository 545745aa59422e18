//! What arrives: each event, in order, signed.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::receiver::{Arrived, Receiver};
use super::{Place, python};
use crate::harness::eventually;

/// What is told of a verification that was decided at once.
const WHOLE: [&str; 3] = ["verification.created", "verification.processing", "verification.verified"];

#[test]
fn an_endpoint_that_fails_three_times_takes_each_event_once_in_order_with_a_signature_that_holds() {
    let Some(place) = Place::open() else { return };
    let mut failures = 3;
    let receiver = Receiver::start(move |_| {
        failures -= 1;
        if failures >= 0 { 503 } else { 204 }
    });
    let endpoint = place.endpoint(&receiver);
    let verifications: Vec<String> = (0..3).map(|_| place.verify(&[])).collect();
    eventually("everything was taken", || {
        endpoint.is_done() && verifications.iter().all(|id| receiver.types_of(id).len() == WHOLE.len())
    });
    let arrived = receiver.arrived();
    let ids: HashSet<&str> = arrived.iter().map(Arrived::id).collect();
    let taken: Vec<&Arrived> = arrived.iter().filter(|arrived| arrived.was_taken()).collect();
    assert_eq!((ids.len(), taken.len(), arrived.len()), (9, 9, 12), "each once as a success");
    for id in &verifications {
        assert_eq!(receiver.types_of(id), WHOLE);
        let sequence: Vec<i64> = receiver.taken_of(id).iter().map(Arrived::sequence).collect();
        assert_eq!(sequence, [1, 2, 3]);
        place.server.data().assert_one_result(id);
    }
    assert!(arrived.iter().all(|arrived| arrived.is_signed_with(&endpoint.secret)));
    if let Some(verdicts) = python::verify(&arrived, &endpoint.secret) {
        assert_eq!(verdicts, vec!["valid"; arrived.len()]);
    }
    assert_eq!(
        endpoint.show()["health"],
        json!({"failures": 0, "failing_since": null, "resting_until": null})
    );

    // Each attempt is listed with what came of it, and the payload is what was sent, byte by byte.
    let bodies: HashMap<&str, &[u8]> = taken.iter().map(|a| (a.id(), a.body.as_slice())).collect();
    let mut failed = 0;
    for row in endpoint.deliveries("&state=delivered") {
        let answer = endpoint.client.get(&format!("/v1/webhook-deliveries/{}", row["id"].as_str().unwrap()));
        let view = answer.expect(200);
        let attempts = view["attempt_log"].as_array().unwrap();
        assert_eq!(attempts.len(), arrived.iter().filter(|a| a.id() == row["event_id"]).count(), "{view}");
        let statuses: Vec<&Value> = attempts.iter().map(|attempt| &attempt["status"]).collect();
        failed += statuses.iter().filter(|status| ***status == 503).count();
        assert_eq!(statuses.last(), Some(&&json!(204)), "{view}");
        assert!(
            attempts.iter().all(|attempt| attempt["latency_ms"].is_i64() && attempt["response"].is_null())
        );
        let body = std::str::from_utf8(bodies[row["event_id"].as_str().unwrap()]).unwrap();
        assert!(answer.text().contains(&format!("\"payload\":{body}")), "{}", answer.text());
    }
    assert_eq!(failed, 3);
}

#[test]
fn a_signature_does_not_hold_for_another_body_or_another_secret() {
    let Some(place) = Place::open() else { return };
    let receiver = Receiver::willing();
    let (endpoint, other) = (place.endpoint(&receiver), place.endpoint(&Receiver::willing()));
    endpoint.act("test", &json!({}), 202);
    eventually("the test has arrived", || receiver.arrived().len() == 1);
    let mut arrived = receiver.arrived().remove(0);
    assert_eq!((arrived.event_type().as_str(), arrived.resource()), ("endpoint.test", endpoint.id.clone()));
    assert_eq!(arrived.headers["content-type"], "application/json");
    assert!(arrived.headers["user-agent"].starts_with("idv/"), "{:?}", arrived.headers);
    assert!(arrived.is_signed_with(&endpoint.secret) && !arrived.is_signed_with(&other.secret));
    let altered = [std::mem::take(&mut arrived.body), b" ".to_vec()].concat();
    let altered = Arrived { body: altered, ..arrived };
    assert!(!altered.is_signed_with(&endpoint.secret));
    if let Some(verdicts) = python::verify(&[altered], &endpoint.secret) {
        assert!(verdicts[0].starts_with("invalid"), "{verdicts:?}");
    }
}

#[test]
fn while_a_secret_rotates_both_signatures_hold() {
    let Some(place) = Place::open() else { return };
    let receiver = Receiver::willing();
    let endpoint = place.endpoint(&receiver);
    let mut secrets = vec![endpoint.secret.clone()];
    for n in 1..=3 {
        endpoint.act("test", &json!({}), 202);
        eventually("the test has arrived", || receiver.arrived().len() == n);
        let arrived = receiver.arrived().pop().unwrap();
        let in_force = secrets.len().min(2);
        assert_eq!(arrived.headers["webhook-signature"].split(' ').count(), in_force);
        let holds: Vec<bool> = secrets.iter().map(|secret| arrived.is_signed_with(secret)).collect();
        let expected: Vec<bool> = (0..secrets.len()).map(|n| n + 2 >= secrets.len()).collect();
        assert_eq!(holds, expected, "the newest two");
        for secret in &secrets[secrets.len() - in_force..] {
            if let Some(verdicts) = python::verify(std::slice::from_ref(&arrived), secret) {
                assert_eq!(verdicts, ["valid"]);
            }
        }
        secrets.push(endpoint.act("rotate-secret", &json!({}), 200)["secret"].as_str().unwrap().to_owned());
    }
}

#[test]
fn a_verification_is_told_to_its_own_receiver_and_so_is_its_redaction() {
    const CANARY: &str = "CANARYBIRD";
    let Some(place) = Place::open() else { return };
    let (receiver, other) = (Receiver::willing(), Receiver::willing());
    let new = json!({"webhook_url": receiver.url, "client_reference": CANARY, "metadata": {"name": CANARY}});
    let opened = place.client.post("/v1/verifications", &new).expect(201);
    assert_eq!(opened["webhook"]["url"], receiver.url);
    let opened = opened["id"].as_str().unwrap();
    let decided = place.verify(&[("webhook_url", &receiver.url), ("client_reference", CANARY)]);
    let elsewhere = place.verify(&[("webhook_url", &other.url)]);
    for id in [opened, &decided] {
        place.client.act(id, "redact").expect(202);
    }
    let whole = [&WHOLE[..], &["verification.redacted"]].concat();
    eventually("all is told", || {
        receiver.types_of(opened).len() == 3
            && receiver.types_of(&decided).len() == whole.len()
            && other.types_of(&elsewhere).len() == WHOLE.len()
    });
    assert_eq!(receiver.types_of(&decided), whole);
    let given_up = ["verification.created", "verification.canceled", "verification.redacted"];
    assert_eq!(receiver.types_of(opened), given_up);
    let arrived = receiver.arrived();
    assert!(arrived.iter().all(|arrived| arrived.resource() != elsewhere), "that is another's");
    assert!(arrived.iter().all(|arrived| !String::from_utf8_lossy(&arrived.body).contains(CANARY)));
    let secret = place.client.get("/v1/webhook-secret").expect(200)["secret"].take();
    assert!(arrived.iter().all(|arrived| arrived.is_signed_with(secret.as_str().unwrap())));
}

#[test]
fn a_comparison_is_told_when_it_has_its_result() {
    let Some(place) = Place::open() else { return };
    let receiver = Receiver::willing();
    let endpoint = place.endpoint_for(&receiver, json!(["comparison.completed"]));
    place.verify(&[]);
    let (a, b) = (crate::harness::images::broken_png(8003), crate::harness::images::broken_png(8004));
    let parts = [crate::harness::Part::image("image_a", &a), crate::harness::Part::image("image_b", &b)];
    let view = place.client.post_parts("/v1/comparisons", &parts, &[("prefer", "wait=60")]).expect(200);
    let id = view["id"].as_str().unwrap();
    eventually("it is told", || !receiver.arrived().is_empty() && endpoint.is_done());
    let body = receiver.arrived().remove(0).json();
    assert_eq!((receiver.arrived().len(), receiver.types_of(id).len()), (1, 1), "and nothing else");
    let data = json!({"id": id, "status": "completed", "version": view["version"], "sequence": 1});
    assert_eq!(body["data"], data);
}

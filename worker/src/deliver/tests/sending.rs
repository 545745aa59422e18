//! One attempt: what is sent, and what is made of the answer.

use std::time::Duration;

use idv_common::crypto::SecretKey;
use idv_common::db::webhooks::deliveries::Outcome;
use idv_common::db::webhooks::secrets::{self, Owner, SigningSecret};
use idv_common::domain::EventId;
use idv_common::{context, db};
use standardwebhooks::Webhook;

use super::{Receiver, embedded, local, plain, sender, settings};
use crate::deliver::sender::Letter;

/// Two secrets in force, as after a rotation.
async fn two_secrets() -> Vec<SigningSecret> {
    let (_folder, ctx) = embedded(|_| {}).await;
    let keyring = ctx.keyring.clone();
    let made = ctx.db.transaction(move |conn| {
        let (now, key) = (db::now(conn)?, SecretKey::generate());
        let tenant = context::default_tenant(conn, &keyring, now)?;
        let owner = Owner { tenant: &tenant, endpoint: None };
        secrets::create(conn, &key, owner, now)?;
        secrets::rotate(conn, &key, owner, Duration::from_secs(3600), now)?;
        secrets::in_force(conn, &key, owner, now)
    });
    made.await.unwrap()
}

fn letter(receiver: &Receiver, secrets: &[SigningSecret]) -> Letter {
    Letter {
        event: EventId::generate(),
        url: receiver.url("/hook?token=secret"),
        receivers: local(),
        body: r#"{"type":"verification.verified","data":{"name":"ä"}}"#.as_bytes().to_vec(),
        secrets: secrets.to_vec(),
    }
}

#[tokio::test]
async fn a_webhook_is_signed_with_each_secret_in_force_over_the_bytes_that_are_sent() {
    let receiver = Receiver::start(|_, _| plain("204 No Content")).await;
    let secrets = two_secrets().await;
    assert_eq!(secrets.len(), 2);
    let letter = letter(&receiver, &secrets);
    let attempt = sender(&settings()).await.send(&letter, 0.5).await;
    assert_eq!(attempt.outcome, Outcome::Answered(204));
    assert!(attempt.is_success());
    let request = receiver.requests().remove(0);
    assert_eq!(request.line, "POST /hook?token=secret HTTP/1.1");
    assert_eq!(request.body, letter.body);
    assert_eq!(request.header("webhook-id"), letter.event.as_str());
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("user-agent"), concat!("idv/", env!("CARGO_PKG_VERSION")));
    assert_eq!(request.header("webhook-signature").split(' ').count(), 2);
    for secret in &secrets {
        let verifier = Webhook::new(&secret.to_text()).unwrap();
        verifier.verify(&request.body, &request.headers).unwrap();
    }
    let stranger = Webhook::new(&two_secrets().await[0].to_text()).unwrap();
    assert!(stranger.verify(&request.body, &request.headers).is_err());
    assert!(Webhook::new(&secrets[0].to_text()).unwrap().verify(b"{}", &request.headers).is_err());
}

#[tokio::test]
async fn only_two_hundreds_are_success() {
    let statuses = [200, 201, 202, 204, 299, 300, 301, 304, 400, 401, 404, 410, 429, 500, 503];
    let receiver = Receiver::start(move |number, _| plain(&format!("{} Status", statuses[number]))).await;
    let sender = sender(&settings()).await;
    for status in statuses {
        let attempt = sender.send(&letter(&receiver, &[]), 0.5).await;
        assert_eq!(attempt.outcome, Outcome::Answered(status));
        assert_eq!(attempt.is_success(), (200..300).contains(&status), "{status}");
    }
    assert_eq!(receiver.connections(), statuses.len(), "each attempt connects anew");
}

#[tokio::test]
async fn a_receiver_may_say_when_to_come_again_in_seconds_or_as_a_date() {
    let in_an_hour = jiff::Timestamp::now() + Duration::from_secs(3600);
    let date = in_an_hour.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let wishes = ["120".to_owned(), date, "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(), "soon".to_owned()];
    let receiver = Receiver::start(move |number, _| {
        format!("503 Later\r\nretry-after: {}\r\ncontent-length: 0\r\n\r\n", wishes[number])
    })
    .await;
    let sender = sender(&settings()).await;
    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.push(sender.send(&letter(&receiver, &[]), 0.5).await.retry_after.map(|wish| wish.as_secs()));
    }
    assert_eq!((asked[0], asked[2], asked[3]), (Some(120), Some(0), None));
    assert!(asked[1].is_some_and(|wish| (3000..=3600).contains(&wish)), "{asked:?}");
}

#[tokio::test]
async fn the_beginning_of_an_answer_is_kept_if_answers_are() {
    // More than is read, and a byte that no text may hold.
    let endless = || format!("200 OK\r\ncontent-length: 9000000\r\n\r\nä\0{}", "x".repeat(5000));
    let receiver = Receiver::start(move |_, _| endless()).await;
    let mut config = settings();
    let attempt = sender(&config).await.send(&letter(&receiver, &[]), 0.5).await;
    assert_eq!((attempt.outcome, attempt.response), (Outcome::Answered(200), None));
    config.keep_response = true;
    let kept = sender(&config).await.send(&letter(&receiver, &[]), 0.5).await.response.unwrap();
    assert_eq!(kept, format!("ä\u{fffd}{}", "x".repeat(997)));
}

#[tokio::test]
async fn a_receiver_that_is_silent_or_not_there_is_given_up_and_no_address_is_told() {
    let mut config = settings();
    config.timeout_s = 1;
    let sender = sender(&config).await;
    let silent = Receiver::start(|_, _| String::new()).await;
    let attempt = sender.send(&letter(&silent, &[]), 0.5).await;
    assert_eq!(attempt.outcome, Outcome::Failed("no answer came within 1 s".to_owned()));
    assert!(attempt.latency >= Duration::from_millis(900));
    let address = letter(&silent, &[]);
    drop(silent);
    super::eventually("nobody listens", async || {
        let ended = sender.send(&address, 0.5).await.outcome;
        matches!(ended, Outcome::Failed(error) if error.starts_with("failed to connect") && !error.contains("127.0"))
    })
    .await;
    let unknown = Letter { url: "https://nowhere.example.com/".to_owned(), ..address };
    let Outcome::Failed(error) = sender.send(&unknown, 0.5).await.outcome else { panic!("it was sent") };
    let given_up = error.starts_with("no answer came") || error.contains("in time");
    assert!(given_up || error.contains("nowhere.example.com"), "{error}");
}

//! What every queue must do. RabbitMQ joins in when `IDV_TEST_AMQP_URL` names a broker.

use std::time::Duration;

use super::{Consumer, Delivery, Error, MESSAGE_SCHEMA, Message, Queue};
use crate::config::QueueConfig;
use crate::domain::{JobId, JobKind, QueueName};

/// Longer than anything takes that is going to happen.
const LONG: Duration = Duration::from_secs(20);

/// Names of queues that no other run uses.
fn own_prefix() -> String {
    format!("idv-test-{}", JobId::generate())
}

fn config(url: &str, prefix: &str, ca_file: &str) -> QueueConfig {
    QueueConfig { url: url.into(), url_file: "".into(), prefix: prefix.to_owned(), ca_file: ca_file.into() }
}

/// The test broker's URL, unless there is none.
fn broker_url() -> Option<String> {
    let url = std::env::var("IDV_TEST_AMQP_URL").ok();
    if url.is_none() {
        eprintln!("skipped: RabbitMQ, because IDV_TEST_AMQP_URL names no broker");
    }
    url
}

fn message() -> Message {
    Message { schema: MESSAGE_SCHEMA, job_id: JobId::generate(), kind: JobKind::Verify }
}

async fn publish(queue: &Queue, name: QueueName, count: usize) -> Vec<Message> {
    let sent: Vec<Message> = (0..count).map(|_| message()).collect();
    for result in queue.publish_all(name, sent.clone()).await {
        result.unwrap();
    }
    sent
}

async fn next(consumer: &mut Consumer) -> Delivery {
    tokio::time::timeout(LONG, consumer.next()).await.expect("a delivery")
}

async fn is_idle(consumer: &mut Consumer) -> bool {
    tokio::time::timeout(Duration::from_millis(200), consumer.next()).await.is_err()
}

/// Asks until the answer is yes.
async fn eventually<F: Future<Output = bool>>(mut ask: impl FnMut() -> F) {
    let asking = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(LONG, asking).await.expect("it did not come true");
}

async fn keeps_the_contract(queue: &Queue) {
    what_is_published_is_delivered_once_and_in_order(queue).await;
    a_queue_keeps_its_messages_from_the_others(queue).await;
    an_abandoned_wait_loses_nothing(queue).await;
    two_consumers_share_a_queue(queue).await;
    what_is_rejected_is_found_among_the_dead(queue).await;
    queue.ping().await.unwrap();
}

#[tokio::test]
async fn the_queue_in_the_process_keeps_the_contract() {
    keeps_the_contract(&Queue::in_process()).await;
}

async fn what_is_published_is_delivered_once_and_in_order(queue: &Queue) {
    let mut consumer = queue.consume(QueueName::Batch, 10);
    for message in publish(queue, QueueName::Batch, 500).await {
        let delivery = next(&mut consumer).await;
        assert_eq!(delivery.message, message);
        delivery.ack().await.unwrap();
    }
    assert!(is_idle(&mut consumer).await, "nothing is delivered twice");
}

async fn a_queue_keeps_its_messages_from_the_others(queue: &Queue) {
    let mut batch = queue.consume(QueueName::Batch, 1);
    let mut interactive = queue.consume(QueueName::Interactive, 1);
    let one = publish(queue, QueueName::Batch, 1).await;
    let other = publish(queue, QueueName::Interactive, 1).await;
    for (consumer, expected) in [(&mut batch, one), (&mut interactive, other)] {
        let delivery = next(consumer).await;
        assert_eq!(delivery.message, expected[0]);
        delivery.ack().await.unwrap();
    }
}

async fn an_abandoned_wait_loses_nothing(queue: &Queue) {
    let mut consumer = queue.consume(QueueName::Interactive, 1);
    for _ in 0..20 {
        assert!(tokio::time::timeout(Duration::from_millis(5), consumer.next()).await.is_err());
    }
    let sent = publish(queue, QueueName::Interactive, 1).await;
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.message, sent[0]);
    delivery.ack().await.unwrap();
}

async fn two_consumers_share_a_queue(queue: &Queue) {
    let mut one = queue.consume(QueueName::Batch, 1);
    let mut other = queue.consume(QueueName::Batch, 1);
    publish(queue, QueueName::Batch, 2).await;
    let (first, second) = tokio::join!(next(&mut one), next(&mut other));
    assert_ne!(first.message, second.message);
    first.ack().await.unwrap();
    second.ack().await.unwrap();
}

async fn what_is_rejected_is_found_among_the_dead(queue: &Queue) {
    let mut consumer = queue.consume(QueueName::Batch, 1);
    let sent = publish(queue, QueueName::Batch, 1).await;
    next(&mut consumer).await.reject().await.unwrap();
    eventually(async || match queue.drain_dead(10).await.unwrap() {
        dead if dead.is_empty() => false,
        dead => dead == sent,
    })
    .await;
    assert!(queue.drain_dead(10).await.unwrap().is_empty(), "they are taken once");
    assert!(is_idle(&mut consumer).await, "they do not come back");
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_is_named_and_no_password_with_it() {
    let message = Queue::rabbitmq(&config("http://x:hunter2@host/", "idv", "")).err().unwrap().to_string();
    assert!(message.contains("queue.url") && !message.contains("hunter2"), "{message}");
    let message = Queue::rabbitmq(&config("amqp://h/", "idv", "/nowhere")).err().unwrap().to_string();
    assert!(message.contains("queue.ca_file") && message.contains("/nowhere"), "{message}");
}

#[tokio::test]
async fn a_broker_that_accepts_and_never_answers_is_red_within_its_limit() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("amqp://guest:guest@{}/%2f", silent.local_addr().unwrap());
    let queue = Queue::rabbitmq(&config(&url, "idv", "")).unwrap();
    let asked = tokio::time::timeout(Duration::from_secs(4), queue.ping()).await;
    assert!(matches!(asked, Ok(Err(Error::Lost(_)))), "{asked:?}");
    // A hundred at once wait for one attempt to connect, not for one each.
    let publishing = (0..100).map(|_| queue.publish_all(QueueName::Batch, vec![message()]));
    let all = futures_util::future::join_all(publishing);
    let results = tokio::time::timeout(Duration::from_secs(8), all).await.expect("within the limits");
    assert!(results.iter().flatten().all(Result::is_err));
}

#[tokio::test]
async fn the_queue_on_a_broker_keeps_the_contract() {
    let Some(url) = broker_url() else { return };
    let queues = OwnQueues::new(&url);
    keeps_the_contract(&queues.queue).await;
    no_more_than_the_prefetch_count_is_out_at_once(&queues.queue).await;
    what_a_dropped_consumer_had_is_delivered_anew(&queues.queue).await;
    deleted_queues_are_made_again(&queues).await;
    queues.remove().await;
}

#[tokio::test]
async fn a_consumer_survives_the_loss_of_its_connection() {
    let Some(url) = broker_url() else { return };
    let uri: lapin::uri::AMQPUri = url.parse().unwrap();
    let broker = format!("{}:{}", uri.authority.host, uri.authority.port);
    let proxy = Proxy::start(broker).await;
    let through = url.replace(&format!(":{}", uri.authority.port), &format!(":{}", proxy.port));
    let queues = OwnQueues::new(&through);
    let mut consumer = queues.queue.consume(QueueName::Batch, 2);
    let sent = publish(&queues.queue, QueueName::Batch, 1).await;
    let lost = next(&mut consumer).await;
    proxy.cut(true);
    // Whoever waits meanwhile gives up again and again, as in a `select!`.
    for _ in 0..20 {
        assert!(tokio::time::timeout(Duration::from_millis(50), consumer.next()).await.is_err());
    }
    assert!(lost.ack().await.is_err(), "what was lost cannot be acknowledged");
    assert!(queues.queue.ping().await.is_err());
    proxy.cut(false);
    let returned = std::time::Instant::now();
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.message, sent[0]);
    assert!(returned.elapsed() < Duration::from_secs(5), "{:?}", returned.elapsed());
    delivery.ack().await.unwrap();
    eventually(async || queues.queue.ping().await.is_ok()).await;
    queues.remove().await;
}

#[tokio::test]
async fn a_broker_with_a_certificate_of_its_own_is_trusted_by_its_file() {
    let (Ok(url), Ok(ca)) = (std::env::var("IDV_TEST_AMQPS_URL"), std::env::var("IDV_TEST_CA_FILE")) else {
        return eprintln!("skipped: AMQPS, because IDV_TEST_AMQPS_URL and IDV_TEST_CA_FILE are not set");
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let prefix = own_prefix();
    let queue = Queue::rabbitmq(&config(&url, &prefix, &ca)).unwrap();
    queue.ping().await.unwrap();
    assert!(Queue::rabbitmq(&config(&url, &prefix, "")).unwrap().ping().await.is_err());
    OwnQueues { queue, url: broker_url().unwrap_or(url), prefix }.remove().await;
}

async fn no_more_than_the_prefetch_count_is_out_at_once(queue: &Queue) {
    let mut consumer = queue.consume(QueueName::Batch, 2);
    publish(queue, QueueName::Batch, 3).await;
    let (one, other) = (next(&mut consumer).await, next(&mut consumer).await);
    assert!(is_idle(&mut consumer).await);
    one.ack().await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    other.ack().await.unwrap();
}

async fn what_a_dropped_consumer_had_is_delivered_anew(queue: &Queue) {
    let mut consumer = queue.consume(QueueName::Batch, 2);
    let sent = publish(queue, QueueName::Batch, 1).await;
    next(&mut consumer).await;
    drop(consumer);
    let delivery = next(&mut queue.consume(QueueName::Batch, 1)).await;
    assert_eq!(delivery.message, sent[0]);
}

async fn deleted_queues_are_made_again(queues: &OwnQueues) {
    let mut consumer = queues.queue.consume(QueueName::Batch, 1);
    // What the last test left unacknowledged.
    next(&mut consumer).await.ack().await.unwrap();
    queues.remove().await;
    eventually(async || {
        let results = queues.queue.publish_all(QueueName::Batch, vec![message()]).await;
        results.iter().all(Result::is_ok)
    })
    .await;
    next(&mut consumer).await.ack().await.unwrap();
}

/// A queue whose names on the broker nobody else uses.
struct OwnQueues {
    queue: Queue,
    url: String,
    prefix: String,
}

impl OwnQueues {
    fn new(url: &str) -> Self {
        let prefix = own_prefix();
        let queue = Queue::rabbitmq(&config(url, &prefix, "")).unwrap();
        Self { queue, url: url.to_owned(), prefix }
    }

    async fn remove(&self) {
        let connection = lapin::Connection::connect(&self.url, Default::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        for name in ["interactive", "batch", "dead"] {
            let queue = format!("{}.{name}", self.prefix);
            channel.queue_delete(queue.into(), Default::default()).await.unwrap();
        }
    }
}

/// A way to the broker that can be cut.
struct Proxy {
    port: u16,
    cut: tokio::sync::watch::Sender<bool>,
}

impl Proxy {
    async fn start(broker: String) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = tokio::sync::watch::Sender::new(false);
        let watched = cut.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (mut watched, broker) = (watched.subscribe(), broker.clone());
                tokio::spawn(async move {
                    let mut far = tokio::net::TcpStream::connect(broker).await.unwrap();
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = watched.wait_for(|cut| *cut) => {}
                    }
                });
            }
        });
        Self { port, cut }
    }

    fn cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }
}

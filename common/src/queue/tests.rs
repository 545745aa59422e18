//! What every queue must do. RabbitMQ joins in when `IDV_TEST_AMQP_URL` names a broker.

use std::time::Duration;

use super::{MESSAGE_SCHEMA, Message, Queue};
use crate::domain::{JobId, JobKind, QueueName};

fn queues() -> Vec<Queue> {
    let queues = vec![Queue::in_process()];
    match std::env::var("IDV_TEST_AMQP_URL") {
        Ok(_) => {}
        Err(_) => eprintln!("skipped: RabbitMQ, because IDV_TEST_AMQP_URL names no broker"),
    }
    queues
}

fn message() -> Message {
    Message { schema: MESSAGE_SCHEMA, job_id: JobId::generate(), kind: JobKind::Verify }
}

#[tokio::test]
async fn every_queue_keeps_the_contract() {
    // One after another, because the tests share the broker's queues.
    for queue in queues() {
        what_is_published_is_delivered_once_and_in_order(&queue).await;
        a_queue_keeps_its_messages_from_the_others(&queue).await;
        an_abandoned_wait_loses_nothing(&queue).await;
    }
}

async fn what_is_published_is_delivered_once_and_in_order(queue: &Queue) {
    let mut consumer = queue.consume(QueueName::Webhook, 10).await.unwrap();
    let sent: Vec<Message> = (0..5).map(|_| message()).collect();
    for message in &sent {
        queue.publish(QueueName::Webhook, message.clone()).await.unwrap();
    }
    for message in &sent {
        let delivery = consumer.next().await.unwrap();
        assert_eq!(delivery.message, *message);
        delivery.ack().await.unwrap();
    }
    let more = tokio::time::timeout(Duration::from_millis(100), consumer.next()).await;
    assert!(more.is_err(), "nothing is delivered twice");
}

async fn a_queue_keeps_its_messages_from_the_others(queue: &Queue) {
    let mut batch = queue.consume(QueueName::Batch, 1).await.unwrap();
    let mut interactive = queue.consume(QueueName::Interactive, 1).await.unwrap();
    let (one, other) = (message(), message());
    queue.publish(QueueName::Batch, one.clone()).await.unwrap();
    queue.publish(QueueName::Interactive, other.clone()).await.unwrap();
    for (consumer, expected) in [(&mut batch, one), (&mut interactive, other)] {
        let delivery = consumer.next().await.unwrap();
        assert_eq!(delivery.message, expected);
        // Rejected messages do not come back.
        delivery.reject().await.unwrap();
    }
}

async fn an_abandoned_wait_loses_nothing(queue: &Queue) {
    let mut consumer = queue.consume(QueueName::Interactive, 1).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(20), consumer.next()).await.is_err());
    let sent = message();
    queue.publish(QueueName::Interactive, sent.clone()).await.unwrap();
    let delivery = consumer.next().await.unwrap();
    assert_eq!(delivery.message, sent);
    delivery.ack().await.unwrap();
}

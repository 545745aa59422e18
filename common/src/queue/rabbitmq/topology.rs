//! The queues on the broker and their arguments.

use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ErrorKind};

use super::{ANSWER, Error, in_time};
use crate::domain::QueueName;

/// Deliveries without an acknowledgement after which a message is dead. The job's own counters decide its fate
/// long before; this only keeps a message that kills every consumer from going round for ever.
const DELIVERY_LIMIT: i32 = 20;

/// What AMQP answers when a queue exists with other arguments.
const PRECONDITION_FAILED: u16 = 406;

/// The queue's name on the broker.
pub(super) fn name(prefix: &str, queue: QueueName) -> String {
    format!("{prefix}.{queue}")
}

/// Where dead messages go; the sweep drains it.
pub(super) fn dead(prefix: &str) -> String {
    format!("{prefix}.dead")
}

/// Makes the queues that are missing. A refused declaration closes its channel, so it has one of its own.
pub(super) async fn declare_all(connection: &Connection, prefix: &str) -> Result<(), Error> {
    let channel = in_time(ANSWER, connection.create_channel()).await?;
    declare(&channel, dead(prefix), quorum()).await?;
    for queue in QueueName::ALL {
        declare(&channel, name(prefix, *queue), dead_lettering(prefix)).await?;
    }
    Ok(())
}

async fn declare(channel: &Channel, queue: String, arguments: FieldTable) -> Result<(), Error> {
    let declared = async {
        let made = channel.queue_declare(queue.as_str().into(), QueueDeclareOptions::durable(), arguments);
        Ok(made.await.map(drop))
    };
    match in_time(ANSWER, declared).await? {
        Ok(()) => Ok(()),
        Err(cause) => Err(match cause.kind() {
            ErrorKind::ProtocolError(refusal) if refusal.get_id() == PRECONDITION_FAILED => {
                Error::Mismatch { queue, cause: refusal.get_message().to_string() }
            }
            _ => Error::Lost(cause.to_string()),
        }),
    }
}

/// Replicated and on disk.
fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    arguments
}

/// With a limit that is stated because its default differs between versions.
fn dead_lettering(prefix: &str) -> FieldTable {
    let dead = dead(prefix);
    let mut arguments = quorum();
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERY_LIMIT));
    for (argument, value) in [
        ("x-dead-letter-exchange", ""),
        ("x-dead-letter-routing-key", dead.as_str()),
        // Without this a message may get lost on its way to the dead ones; it asks for the overflow rule.
        ("x-dead-letter-strategy", "at-least-once"),
        ("x-overflow", "reject-publish"),
    ] {
        arguments.insert(argument.into(), AMQPValue::LongString(value.into()));
    }
    arguments
}

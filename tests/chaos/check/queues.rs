//! The broker's queues: nothing is left in them.

use std::time::{Duration, Instant};

use anyhow::Context;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};

use super::Violation;
use crate::system::System;

/// What stands behind the prefix in the names of the queues.
const QUEUES: [&str; 3] = ["interactive", "batch", "dead"];

/// Waits until no queue holds a message; what is left at the end breaks a rule.
pub(super) fn wait_until_empty(system: &System, patience: Duration) -> anyhow::Result<Vec<Violation>> {
    let begin = Instant::now();
    let runtime = tokio::runtime::Runtime::new()?;
    loop {
        let (url, prefix) = system.servers.queues();
        let left = runtime.block_on(messages(url, prefix))?;
        if left.is_empty() || begin.elapsed() >= patience {
            let violation =
                |(queue, count)| Violation::new("queues are empty", queue, format!("{count} messages"));
            return Ok(left.into_iter().map(violation).collect());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// The queues that are not empty, with the number of their messages.
async fn messages(url: &str, prefix: &str) -> anyhow::Result<Vec<(String, u32)>> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let mut left = Vec::new();
    for queue in QUEUES {
        let name = format!("{prefix}.{queue}");
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = channel.queue_declare(name.as_str().into(), options, FieldTable::default()).await;
        let count = queue.with_context(|| format!("failed to look at the queue {name}"))?.message_count();
        if count > 0 {
            left.push((name, count));
        }
    }
    connection.close(200, "done".into()).await?;
    Ok(left)
}

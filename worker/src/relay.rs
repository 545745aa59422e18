//! The relay: keeps each queue's window filled from the jobs table.

use std::time::Duration;

use idv_common::Context;
use idv_common::domain::QueueName;
use idv_common::outbox;
use tokio_util::sync::CancellationToken;

/// How often the table is looked at while nothing is due. New jobs do not wait for it: the API publishes.
const IDLE: Duration = Duration::from_millis(200);

/// Fills the window of every queue, over and over, until the process stops.
pub async fn run(ctx: Context, stop: CancellationToken) {
    let mut pause = IDLE;
    loop {
        let mut published = 0;
        for queue in QueueName::ALL {
            match outbox::publish_due(&ctx, *queue).await {
                Ok(count) => {
                    published += count;
                    pause = IDLE;
                }
                Err(error) => {
                    tracing::warn!(%error, queue = %queue, "failed to relay jobs");
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
            }
        }
        // A window that was just filled is looked at again when jobs have been claimed.
        let wait = if published > 0 { Duration::from_millis(20) } else { pause };
        let claimed_or_waited = async {
            tokio::select! {
                () = ctx.claimed.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        };
        if stop.run_until_cancelled(claimed_or_waited).await.is_none() {
            return;
        }
    }
}

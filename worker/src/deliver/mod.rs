//! The deliver role: sends webhooks. In the order of the flow: `parcels` claims what is due, `sender` sends it past
//! the `guard`, and `outcomes` writes down what came of it.

mod guard;
mod outcomes;
mod parcels;
mod sender;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use idv_common::config::WebhooksConfig;
use idv_common::db::webhooks::deliveries;
use idv_common::domain::{DeliveryLimits, DeliveryState};
use idv_common::{Context, db, fault};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use outcomes::Outcomes;
use parcels::Parcel;
use sender::Sender;

/// How soon the table is looked at again after something was due.
const BUSY: Duration = Duration::from_millis(100);

/// How soon after something has ended: that makes room for another one, or lets the next event of a thing pass.
const GATHERING: Duration = Duration::from_millis(10);

/// How often it is looked at while nothing is.
const IDLE: Duration = Duration::from_millis(200);

/// The longest pause while the database is away.
const AWAY: Duration = Duration::from_secs(2);

/// How much longer than an attempt its claim lasts: the time to write down how it ended.
const WRITING: Duration = Duration::from_secs(10);

/// How often the backlog is measured.
const MEASURING: Duration = Duration::from_secs(15);

/// Sends webhooks, until the process stops; those under way are waited for.
#[derive(Clone)]
pub(crate) struct Deliver {
    ctx: Context,
    limits: Arc<DeliveryLimits>,
    sender: Arc<Sender>,
    outcomes: Outcomes,
}

impl Deliver {
    /// Prepares the role by the settings of `[webhooks]`. Must be called within a runtime.
    pub(crate) fn prepare(ctx: &Context) -> anyhow::Result<Self> {
        let limits = Arc::new(limits(&ctx.config.webhooks));
        Ok(Self {
            ctx: ctx.clone(),
            sender: Arc::new(Sender::new(&ctx.config.webhooks)?),
            outcomes: Outcomes::start(&ctx.db, &limits),
            limits,
        })
    }

    /// Sends what is due, over and over, until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        tokio::join!(self.send_all(&stop), stop.run_until_cancelled(self.measure()));
    }

    async fn send_all(&self, stop: &CancellationToken) {
        let at_once = self.ctx.config.webhooks.at_once.max(1);
        let (mut sending, mut pause) = (JoinSet::new(), IDLE);
        while !stop.is_cancelled() {
            while sending.try_join_next().is_some() {}
            if sending.len() >= at_once {
                stop.run_until_cancelled(one_ends(&mut sending)).await;
                continue;
            }
            let mut away = false;
            pause = match parcels::claim(&self.ctx, &self.limits, at_once - sending.len()).await {
                Ok(parcels) if parcels.is_empty() => IDLE,
                Ok(parcels) => {
                    for parcel in parcels {
                        let this = self.clone();
                        sending.spawn(async move { this.deliver(parcel).await });
                    }
                    BUSY
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to look for webhooks that are due");
                    away = true;
                    (pause * 2).clamp(IDLE, AWAY)
                }
            };
            let ends = one_ends(&mut sending);
            let pausing = async {
                tokio::select! {
                    () = tokio::time::sleep(pause) => (),
                    () = ends, if !away => (),
                }
            };
            stop.run_until_cancelled(pausing).await;
        }
        if !sending.is_empty() {
            tracing::info!(webhooks = sending.len(), "waiting for webhooks under way");
        }
        while sending.join_next().await.is_some() {}
    }

    async fn deliver(&self, parcel: Parcel) {
        let chance = rand::random();
        let attempt = match &parcel.letter {
            Ok(letter) => self.sender.send(letter, chance).await,
            Err(error) => sender::failed(sender::clock(), error.clone(), chance),
        };
        fault::point("deliver.sent");
        let (delivery, endpoint) = (parcel.claimed.id.clone(), parcel.claimed.endpoint.clone());
        metrics::histogram!("idv_webhook_attempt_duration_seconds").record(attempt.latency.as_secs_f64());
        tracing::debug!(
            delivery.id = %delivery, endpoint.id = %endpoint, event.id = %parcel.claimed.event.id,
            attempt = parcel.claimed.attempt, outcome = ?attempt.outcome, "tried a webhook"
        );
        let Some(finished) = self.outcomes.write(parcel.claimed, attempt).await else {
            metrics::counter!("idv_webhook_attempts_total", "outcome" => "lost").increment(1);
            return;
        };
        let outcome = match finished.state {
            DeliveryState::Pending => "retried",
            state => state.as_str(),
        };
        metrics::counter!("idv_webhook_attempts_total", "outcome" => outcome).increment(1);
        if finished.state == DeliveryState::Failed {
            tracing::warn!(delivery.id = %delivery, endpoint.id = %endpoint, "gave a webhook up after its last attempt");
        }
        if let Some(reason) = finished.disabled {
            tracing::warn!(endpoint.id = %endpoint, %reason, "disabled an endpoint");
        }
    }

    async fn measure(&self) {
        loop {
            let measured = self.ctx.db.read(|conn| {
                let now = db::now(conn)?;
                deliveries::backlog(conn, now)
            });
            // What cannot be measured now is measured later; that the database is away is said elsewhere.
            if let Ok(backlog) = measured.await {
                #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 endpoints")]
                metrics::gauge!("idv_webhook_endpoints_resting").set(backlog.resting as f64);
                metrics::gauge!("idv_webhook_oldest_pending_seconds").set(backlog.oldest.as_secs_f64());
            }
            tokio::time::sleep(MEASURING).await;
        }
    }
}

/// Waits until one of these has ended, and for others that end at about the same time; for ever if there is none.
async fn one_ends(sending: &mut JoinSet<()>) {
    if sending.join_next().await.is_none() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(GATHERING).await;
}

fn limits(config: &WebhooksConfig) -> DeliveryLimits {
    DeliveryLimits {
        per_endpoint: config.per_endpoint,
        lease: Duration::from_secs(config.timeout_s.max(1)) + WRITING,
        schedule: config.schedule_s.iter().copied().map(Duration::from_secs).collect(),
        disable_after: Duration::from_secs(config.disable_after_h.saturating_mul(3600)),
    }
}

//! The ends of attempts, those of a moment in one transaction.

use std::sync::Arc;
use std::time::Duration;

use idv_common::db::webhooks::deliveries::{self, Attempt, ClaimedDelivery, Finished};
use idv_common::db::{self, Db};
use idv_common::domain::DeliveryLimits;
use tokio::time::Instant;

use crate::group::Group;

/// How many transactions are under way.
const AT_ONCE: usize = 2;

/// How long it waits before it tries again.
const PAUSE: Duration = Duration::from_secs(1);

/// An attempt that has ended.
struct Ended {
    claimed: ClaimedDelivery,
    attempt: Attempt,
}

/// What came of it: nothing if the claim was no longer held.
type Result = std::result::Result<Option<Finished>, db::Error>;

/// Writes down what came of attempts.
#[derive(Clone)]
pub(crate) struct Outcomes {
    group: Group<Arc<Ended>, Result>,
    /// How long the database may be away: as long as the claim is ours.
    patience: Duration,
}

impl Outcomes {
    /// The outcomes of a process.
    pub(crate) fn start(db: &Db, limits: &Arc<DeliveryLimits>) -> Self {
        let (db, patience, limits) = (db.clone(), limits.lease, limits.clone());
        let work = move |ended| {
            let (db, limits) = (db.clone(), limits.clone());
            async move { commit_all(&db, &limits, ended).await }
        };
        Self { group: Group::start(AT_ONCE, work), patience }
    }

    /// Writes down what came of an attempt. `None` if the claim is no longer held or the database stays away: then
    /// the delivery is tried again.
    pub(crate) async fn write(&self, claimed: ClaimedDelivery, attempt: Attempt) -> Option<Finished> {
        let deadline = Instant::now() + self.patience;
        let ended = Arc::new(Ended { claimed, attempt });
        loop {
            match self.group.submit(ended.clone()).await? {
                Ok(finished) => return finished,
                Err(error) => {
                    let delivery = &ended.claimed.id;
                    tracing::warn!(%error, delivery.id = %delivery, "failed to end a delivery's attempt");
                }
            }
            if Instant::now() > deadline {
                return None;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Ends all at once, or else one after another, so that one that fails harms no other.
async fn commit_all(db: &Db, limits: &Arc<DeliveryLimits>, ended: Vec<Arc<Ended>>) -> Vec<Result> {
    let failure = match commit(db, limits, ended.clone()).await {
        Ok(finished) => return finished.into_iter().map(Ok).collect(),
        Err(error) => error,
    };
    if ended.len() == 1 {
        return vec![Err(failure)];
    }
    let mut outcomes = Vec::with_capacity(ended.len());
    for one in ended {
        outcomes.push(match failure.is_unavailable() {
            true => Err(db::Error::Unavailable(failure.to_string())),
            false => {
                commit(db, limits, vec![one]).await.map(|finished| finished.into_iter().next().flatten())
            }
        });
    }
    outcomes
}

async fn commit(
    db: &Db,
    limits: &Arc<DeliveryLimits>,
    ended: Vec<Arc<Ended>>,
) -> std::result::Result<Vec<Option<Finished>>, db::Error> {
    let limits = limits.clone();
    db.urgent(move |conn| {
        let now = db::now(conn)?;
        let ended: Vec<_> = ended.iter().map(|one| (&one.claimed, &one.attempt)).collect();
        deliveries::finish(conn, &ended, &limits, now)
    })
    .await
}

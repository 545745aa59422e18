//! What the caller sees of a batch, of its items and of what it changes.

use std::collections::BTreeMap;

use idv_common::db::batches::{self, Batch, Item, Progress};
use idv_common::domain::{
    BatchId, BatchItemId, BatchKind, BatchStatus, ItemState, Policy, PolicyStamp, ReasonCode, Timestamp,
    Verdict, VerificationId,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::answer::Resource;
use crate::problem::Problem;

/// Many verifications that are imported from files or looked at again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Batch)]
pub(crate) struct BatchView {
    #[serde(flatten)]
    pub summary: BatchSummary,
    /// How many items are in each state; states without items are left out.
    #[schema(value_type = Object)]
    pub items: BTreeMap<ItemState, i64>,
    /// How many items have ended.
    pub finished: i64,
    /// Items that ended in the last minute.
    pub rate_per_minute: Option<f64>,
    /// When the last item may end, if it goes on like this.
    pub estimated_end: Option<Timestamp>,
}

/// A batch without its progress, as in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchSummary {
    /// Its id.
    pub id: BatchId,
    /// `batch`.
    pub object: &'static str,
    /// What it does.
    pub kind: BatchKind,
    /// Where it stands.
    pub status: BatchStatus,
    /// Raised with every change of its status and each time that progress is told.
    pub version: i64,
    /// The caller's own words for it.
    pub description: Option<String>,
    /// A reprocessing's filter, or where an import's files are.
    #[schema(value_type = Object)]
    pub selection: Value,
    /// The policy that decides; `null`: the one in force when an item is decided.
    pub policy: Option<PolicyStamp>,
    /// Whether nothing but the report is written.
    pub shadow: bool,
    /// Whether it decides anew what a reviewer has decided.
    pub override_reviews: bool,
    /// The most items that are begun in a minute.
    pub per_minute: Option<i32>,
    /// How many items it has, as far as that is known.
    pub total: i64,
    /// Why it was given up.
    pub error: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// One verification of a batch, with one result.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchItem)]
pub(crate) struct ItemView {
    /// Its id.
    pub id: BatchItemId,
    /// `batch_item`.
    pub object: &'static str,
    /// Its place in the batch, from 0.
    pub position: i64,
    /// Where it stands.
    pub state: ItemState,
    /// The verification; `null` until an import has made it.
    pub verification_id: Option<VerificationId>,
    /// What had been decided before the batch.
    pub old: Option<Decided>,
    /// What the batch's run came to.
    pub new: Option<Decided>,
    /// Why it was given up.
    pub error: Option<String>,
    /// When it was begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decided {
    /// What was decided.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<ReasonCode>,
}

/// What a batch would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchDryRun)]
pub(crate) struct DryRunView {
    /// `batch_dry_run`.
    pub object: &'static str,
    /// How many items it would have.
    pub count: i64,
}

impl BatchView {
    /// The view of a batch.
    pub(crate) fn new(batch: Batch, progress: Progress) -> Result<Self, Problem> {
        let Progress { counts, finished, per_minute, estimated_end } = progress;
        let summary = BatchSummary::try_from(batch)?;
        Ok(Self { summary, items: counts, finished, rate_per_minute: per_minute, estimated_end })
    }
}

impl TryFrom<Batch> for BatchSummary {
    type Error = Problem;

    fn try_from(row: Batch) -> Result<Self, Problem> {
        let policy: Option<Policy> =
            row.policy.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
        Ok(Self {
            id: row.id,
            object: "batch",
            kind: row.kind,
            status: row.status,
            version: row.version,
            description: row.description,
            selection: serde_json::from_str(&row.selection).map_err(Problem::internal)?,
            policy: policy.as_ref().map(Policy::stamp),
            shadow: row.shadow,
            override_reviews: row.overrides_reviews,
            per_minute: row.per_minute,
            total: row.total,
            error: row.error,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

impl TryFrom<Item> for ItemView {
    type Error = Problem;

    fn try_from(item: Item) -> Result<Self, Problem> {
        let (old, new) = batches::change_of(&item)?;
        let decided = |verdict: Option<Verdict>, reasons| verdict.map(|verdict| Decided { verdict, reasons });
        Ok(Self {
            object: "batch_item",
            old: decided(item.old_verdict, old),
            new: decided(item.new_verdict, new),
            id: item.id,
            position: item.position,
            state: item.state,
            verification_id: item.verification_id,
            error: item.error,
            started_at: item.started_at,
            finished_at: item.finished_at,
        })
    }
}

impl Resource for BatchView {
    const COLLECTION: &'static str = "batches";
    const READ: &'static str = "batch.read";

    fn id(&self) -> &str {
        self.summary.id.as_str()
    }

    /// Items move without the batch's own version. Each of these numbers only grows, and so does their sum, with every
    /// change that the view shows.
    fn version(&self) -> i64 {
        let running = self.items.get(&ItemState::Running).copied().unwrap_or(0);
        self.summary.version + self.summary.total + (running + self.finished) + self.finished
    }

    fn is_processing(&self) -> bool {
        !self.summary.status.is_finished()
    }

    fn shows_results(&self) -> bool {
        false
    }
}

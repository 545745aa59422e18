//! What the caller sees of a verification, and how it is read.
//!
//! The verification's own row is read first. What is read after it can only be newer than the version that
//! the view is tagged with, so that a caller who holds a view never misses a change.

use std::collections::BTreeMap;

use idv_common::Context;
use idv_common::crypto::SealedRow;
use idv_common::db::captures::Capture;
use idv_common::db::decisions::Decision;
use idv_common::db::erasures::Erasure;
use idv_common::db::runs::Run;
use idv_common::db::verifications::Verification;
use idv_common::db::webhooks::endpoints::{self, Endpoint};
use idv_common::db::{Conn, captures, decisions, erasures, runs, verifications};
use idv_common::domain::{
    CaptureId, CaptureKind, Check, Claims, DecisionSource, DocumentReading, EndpointId, FieldName,
    MediaFormat, ModelStamp, PolicyStamp, ReasonCode, Report, RunId, StepTiming, TenantId, Timestamp,
    Verdict, VerificationId, VerificationStatus,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::answer::Resource;
use crate::problem::Problem;

/// The captures without which a verification cannot be submitted.
const REQUIRED: [CaptureKind; 2] = [CaptureKind::DocumentFront, CaptureKind::Selfie];

/// A verification.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verification)]
pub(crate) struct VerificationView {
    #[serde(flatten)]
    pub summary: VerificationSummary,
    /// What the document is expected to say, by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<FieldName, String>>)]
    pub expected: Option<Claims>,
    /// The current captures.
    pub captures: Vec<CaptureView>,
    /// The captures that `submit` still misses; only in `requires_input`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_captures: Vec<CaptureKind>,
    /// Where captures are put: append `/` and the kind. Only in the answer to create and restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture_url: Option<String>,
    /// Opens this verification's captures and nothing else; shown once, in the answer to create and restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture_token: Option<String>,
    /// Where this verification's events are sent besides the tenant's endpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookView>,
    /// The run that is under way or that the decision rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// What was decided and why, once there is a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionView>,
    #[serde(flatten)]
    pub report: Option<ReportView>,
    /// The receipt, once redaction was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redaction: Option<RedactionView>,
}

/// A verification without its captures and results, as in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerificationSummary {
    /// Its id.
    pub id: VerificationId,
    /// `verification`.
    pub object: &'static str,
    /// Where it stands.
    pub status: VerificationStatus,
    /// Raised with every change of this view.
    pub version: i64,
    /// The caller's own name for it.
    pub client_reference: Option<String>,
    /// The caller's own JSON object.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
    /// How often it was submitted.
    pub attempts: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it expires unless submitted before.
    pub expires_at: Timestamp,
    /// When its personal data was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redacted_at: Option<Timestamp>,
}

/// What a capture token shows of its verification.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaptureStatusView {
    /// Its id.
    pub id: VerificationId,
    /// `verification.capture_status`.
    pub object: &'static str,
    /// `requires_input`, `processing`, or `closed`; what came of it stays hidden.
    pub status: &'static str,
    /// The kinds that have been uploaded.
    pub captures: Vec<CaptureKind>,
    /// The kinds that are still needed.
    pub missing_captures: Vec<CaptureKind>,
    /// When it expires unless submitted before.
    pub expires_at: Timestamp,
}

/// An uploaded image or clip.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Capture)]
pub(crate) struct CaptureView {
    /// Its id.
    pub id: CaptureId,
    /// What it shows.
    pub kind: CaptureKind,
    /// The format that its first bytes announce.
    pub content_type: MediaFormat,
    /// Its size.
    pub bytes: i64,
    /// Pixels, as its header says; null for a video.
    pub width: Option<i32>,
    /// Pixels, as its header says; null for a video.
    pub height: Option<i32>,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// The receiver of one verification's events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerificationWebhook)]
pub(crate) struct WebhookView {
    /// The `webhook_url` of the request that made the verification.
    pub url: String,
    /// The endpoint that tells how it does, and whose deliveries can be listed.
    pub endpoint_id: EndpointId,
}

/// The decision that stands, and its reasons.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decision)]
pub(crate) struct DecisionView {
    /// What was decided.
    pub verdict: Verdict,
    /// Why, most important first; empty for a plain `verified`.
    pub reasons: Vec<ReasonView>,
    /// Who decided: a run of the pipeline, or a reviewer after it.
    pub source: DecisionSource,
    /// The reviewer's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// A reason and its texts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub(crate) struct ReasonView {
    /// The stable code.
    pub code: ReasonCode,
    /// Whether new captures may mend it.
    pub retryable: bool,
    /// What to tell the person.
    pub user_text: &'static str,
    /// What to tell the operator.
    pub operator_text: &'static str,
}

/// What a decision rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportView {
    /// Every check with its outcome, score, threshold, reasons and evidence.
    pub checks: Vec<Check>,
    /// What was read on the document.
    pub document: Option<DocumentReading>,
    /// The policy that decided.
    pub policy: PolicyStamp,
    /// The model files that took part, by role.
    pub models: BTreeMap<String, ModelStamp>,
    /// How long each step took.
    pub steps: Vec<StepTiming>,
}

/// The receipt of a redaction.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Redaction)]
pub(crate) struct RedactionView {
    /// `processing` until the store has confirmed every delete, then `complete`.
    pub status: &'static str,
    /// When it was asked for; from then on nothing of it can be read.
    pub requested_at: Timestamp,
    /// When the store had confirmed the last delete.
    pub completed_at: Option<Timestamp>,
    /// The objects that are deleted.
    pub objects: Vec<CaptureId>,
    /// How many rows of each table were deleted or emptied.
    pub rows: BTreeMap<String, usize>,
}

impl VerificationView {
    /// Reads a tenant's verification with all that belongs to it.
    pub(crate) fn load(
        ctx: &Context,
        conn: &mut Conn,
        tenant: &TenantId,
        id: &VerificationId,
    ) -> Result<Option<Self>, Problem> {
        let Some(row) = verifications::get(conn, tenant, id)? else { return Ok(None) };
        let captures = captures::current(conn, id)?;
        let run = match &row.current_run_id {
            Some(run) => runs::get(conn, run)?,
            None => None,
        };
        let redaction = match row.redacted_at {
            Some(_) => erasures::redaction_of(conn, id)?.map(RedactionView::try_from).transpose()?,
            None => None,
        };
        let webhook = match &row.webhook_endpoint_id {
            Some(endpoint) => endpoints::get(conn, tenant, endpoint)?.map(WebhookView::from),
            None => None,
        };
        // After a restart the run is the last attempt's, and says nothing of this one.
        let decided = run.as_ref().filter(|_| row.status.is_settled());
        let report = match decided.and_then(|run| Some((run, run.sealed_report()?))) {
            Some((run, sealed)) => Some(open_report(ctx, conn, tenant, run, &sealed)?),
            None => None,
        };
        let expected = match row.sealed_claims() {
            Some(sealed) => Some(open_claims(ctx, conn, &row, &sealed)?),
            None => None,
        };
        Ok(Some(Self {
            expected,
            missing_captures: missing(row.status, &captures),
            captures: captures.into_iter().map(CaptureView::from).collect(),
            capture_url: None,
            capture_token: None,
            webhook,
            decision: DecisionView::of(conn, &row)?,
            run_id: run.map(|run| run.id),
            report: report.map(ReportView::from),
            redaction,
            summary: row.try_into()?,
        }))
    }
}

fn open_claims(
    ctx: &Context,
    conn: &mut Conn,
    row: &Verification,
    sealed: &SealedRow,
) -> Result<Claims, Problem> {
    let key = ctx.keyring.tenant(conn, &row.tenant_id)?;
    let json = sealed.open(&key, &Verification::claims_context(&row.id))?;
    serde_json::from_slice(&json).map_err(Problem::internal)
}

fn open_report(
    ctx: &Context,
    conn: &mut Conn,
    tenant: &TenantId,
    run: &Run,
    sealed: &SealedRow,
) -> Result<Report, Problem> {
    let key = ctx.keyring.tenant(conn, tenant)?;
    let json = sealed.open(&key, &Run::seal_context(&run.id))?;
    serde_json::from_slice(&json).map_err(Problem::internal)
}

/// The kinds that are still needed before a verification can be submitted.
pub(crate) fn missing(status: VerificationStatus, captures: &[Capture]) -> Vec<CaptureKind> {
    let missing = lacking(|kind| captures.iter().any(|capture| capture.kind == kind));
    if status.takes_captures() { missing } else { Vec::new() }
}

/// The required kinds that are not there. A clip takes the place of a selfie.
pub(crate) fn lacking(has: impl Fn(CaptureKind) -> bool) -> Vec<CaptureKind> {
    let replaced = |kind| kind == CaptureKind::Selfie && has(CaptureKind::SelfieClip);
    REQUIRED.into_iter().filter(|kind| !has(*kind) && !replaced(*kind)).collect()
}

impl TryFrom<Verification> for VerificationSummary {
    type Error = Problem;

    fn try_from(row: Verification) -> Result<Self, Problem> {
        let metadata = row.metadata.as_deref().map(serde_json::from_str).transpose();
        Ok(Self {
            id: row.id,
            object: "verification",
            status: row.status,
            version: row.version,
            client_reference: row.client_reference,
            metadata: metadata.map_err(Problem::internal)?,
            attempts: row.attempts,
            created_at: row.created_at,
            updated_at: row.updated_at,
            expires_at: row.expires_at,
            redacted_at: row.redacted_at,
        })
    }
}

impl From<Endpoint> for WebhookView {
    fn from(endpoint: Endpoint) -> Self {
        Self { url: endpoint.url, endpoint_id: endpoint.id }
    }
}

impl CaptureStatusView {
    /// The view of a verification and its current captures.
    pub(crate) fn new(row: Verification, captures: &[Capture]) -> Self {
        Self {
            object: "verification.capture_status",
            status: match row.status {
                VerificationStatus::RequiresInput => "requires_input",
                VerificationStatus::Processing => "processing",
                _ => "closed",
            },
            captures: captures.iter().map(|capture| capture.kind).collect(),
            missing_captures: missing(row.status, captures),
            expires_at: row.expires_at,
            id: row.id,
        }
    }
}

impl From<Capture> for CaptureView {
    fn from(row: Capture) -> Self {
        let known = |pixels: i32| Some(pixels).filter(|pixels| *pixels > 0);
        Self {
            id: row.id,
            kind: row.kind,
            content_type: row.content_type,
            bytes: row.bytes,
            width: known(row.width),
            height: known(row.height),
            sha256: row.sha256,
            created_at: row.created_at,
        }
    }
}

impl DecisionView {
    /// The decision that a verification's status rests on; `None` while there is none.
    pub(crate) fn of(conn: &mut Conn, row: &Verification) -> Result<Option<Self>, Problem> {
        let decision = decisions::current(conn, &row.id)?.filter(|decision| decision.is_of(row));
        decision.map(Self::try_from).transpose()
    }
}

impl TryFrom<Decision> for DecisionView {
    type Error = Problem;

    fn try_from(row: Decision) -> Result<Self, Problem> {
        Ok(Self {
            verdict: row.verdict,
            reasons: row.reasons()?.into_iter().map(ReasonView::from).collect(),
            source: row.source,
            reviewer: row.reviewer,
            decided_at: row.created_at,
        })
    }
}

impl From<ReasonCode> for ReasonView {
    fn from(code: ReasonCode) -> Self {
        let text = code.text();
        Self { code, retryable: text.retryable, user_text: text.user, operator_text: text.operator }
    }
}

impl From<Report> for ReportView {
    fn from(report: Report) -> Self {
        Self {
            checks: report.checks,
            document: report.document,
            policy: report.policy,
            models: report.models,
            steps: report.steps,
        }
    }
}

impl TryFrom<Erasure> for RedactionView {
    type Error = Problem;

    fn try_from(erasure: Erasure) -> Result<Self, Problem> {
        Ok(Self {
            status: if erasure.completed_at.is_some() { "complete" } else { "processing" },
            objects: erasure.objects()?,
            rows: erasure.row_counts()?,
            requested_at: erasure.requested_at,
            completed_at: erasure.completed_at,
        })
    }
}

impl Resource for VerificationView {
    const COLLECTION: &'static str = "verifications";
    const READ: &'static str = "verification.read";

    fn id(&self) -> &str {
        self.summary.id.as_str()
    }

    fn version(&self) -> i64 {
        self.summary.version
    }

    fn is_processing(&self) -> bool {
        self.summary.status == VerificationStatus::Processing
    }

    fn shows_results(&self) -> bool {
        self.report.is_some()
    }
}

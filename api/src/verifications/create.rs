//! `POST /v1/verifications`: JSON creates; multipart creates, uploads and submits in one call.

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::auth::Secret;
use idv_common::crypto::SealedRow;
use idv_common::db::captures::{self, Owner};
use idv_common::db::verifications::Verification;
use idv_common::db::webhooks::endpoints;
use idv_common::db::{self, Conn, events, verifications};
use idv_common::domain::{CaptureKind, EventType, QueueName, Timestamp, VerificationId};
use idv_common::keyring::Keyring;

use super::fields::NewVerification;
use super::submit::{Submission, submit_in};
use super::view::{VerificationView, lacking};
use super::{load, replayed};
use crate::auth::{Caller, capture_token};
use crate::fingerprint::Fingerprint;
use crate::form::{self, Form, Parts};
use crate::idempotency::{Once, Ticket};
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::{Uploads, discard, stamped};
use crate::webhooks::admit;
use crate::{answer, json, trace};

/// The parts of a multipart body.
const PARTS: Parts = Parts {
    images: &[
        CaptureKind::DocumentFront,
        CaptureKind::DocumentBack,
        CaptureKind::Selfie,
        CaptureKind::SelfieClip,
    ],
    texts: &["client_reference", "metadata", "expected", "expires_in_hours", "webhook_url"],
};

/// The form of a multipart body.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document")]
pub(crate) struct VerificationForm {
    /// The side of the document with the portrait.
    #[schema(value_type = String, format = Binary)]
    document_front: Vec<u8>,
    /// The other side.
    #[schema(value_type = Option<String>, format = Binary)]
    document_back: Option<Vec<u8>>,
    /// A photo of the person; may be left out if there is a clip.
    #[schema(value_type = Option<String>, format = Binary)]
    selfie: Option<Vec<u8>>,
    /// A clip of the person, of which the first six seconds count.
    #[schema(value_type = Option<String>, format = Binary)]
    selfie_clip: Option<Vec<u8>>,
    /// The caller's own name for it, 1 to 200 characters.
    client_reference: Option<String>,
    /// A JSON object, as text.
    metadata: Option<String>,
    /// What the document is expected to say: a JSON object of fields and values, as text.
    expected: Option<String>,
    /// Where this verification's events are sent besides the tenant's endpoints.
    webhook_url: Option<String>,
}

/// Create a verification
///
/// A JSON body creates a verification that waits for its captures; the answer holds the capture URL and token.
/// A multipart body also uploads and submits in the same call; the answer is then 202, or 200 with
/// `Prefer: wait` if the result is there in time. A replay by `Idempotency-Key` shows the verification as it
/// is by then, without the token, which is not kept.
#[utoipa::path(
    tag = "verifications",
    request_body(content((NewVerification = "application/json"), (VerificationForm = "multipart/form-data"))),
    responses(
        (status = 201, description = "created; it waits for captures", body = VerificationView),
        (status = 202, description = "created and submitted", body = VerificationView),
        (status = 200, description = "created, submitted and decided", body = VerificationView),
    ),
)]
#[post("/v1/verifications")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    if !form::is_multipart(&req) {
        return create_empty(&state, &caller, &req, payload).await;
    }
    let once = Once::begin(&state, &caller, &req).await?;
    let created = create_submitted(&state, &caller, &req, payload, &once).await;
    let id = once.settle(&state, created).await?;
    answer::accepted(&state, &caller, &req, async || replayed(&state, &caller, id.as_str()).await).await
}

async fn create_empty(
    state: &State,
    caller: &Caller,
    req: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let limit = state.ctx.config.limits.json_bytes;
    let (new, body) = json::read::<NewVerification>(req, payload, limit, state.upload_time()).await?;
    let new = new.check()?;
    let fingerprint = Fingerprint::of(req).json(&body).finish();
    let once = Once::begin(state, caller, req).await?;
    if let Some(id) = once.replay(&fingerprint)? {
        let view = replayed(state, caller, id).await?;
        return Ok(answer::changed(state, StatusCode::CREATED, view));
    }
    let secret = Secret::generate();
    let opened = open(state, caller, new, &secret, once.ticket(fingerprint)).await;
    let id = once.settle(state, opened).await?;
    let mut view = load(state, caller, &id).await?;
    show_token(state, &mut view, &secret);
    Ok(answer::changed(state, StatusCode::CREATED, view))
}

/// Makes a verification that waits for its captures, which `token` opens as well.
pub(crate) async fn open(
    state: &State,
    caller: &Caller,
    new: NewVerification,
    token: &Secret,
    ticket: Ticket,
) -> Result<VerificationId, Problem> {
    let creation = Creation {
        id: VerificationId::generate(),
        caller: caller.clone(),
        patience: new.patience(&state.ctx.policy),
        new,
        keyring: state.ctx.keyring.clone(),
        token_sha256: token.digest(),
    };
    let insert = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        creation.insert(conn, now)?;
        ticket.complete(conn, StatusCode::CREATED.as_u16(), creation.id.as_str())?;
        Ok::<_, Problem>(creation.id)
    };
    state.ctx.db.transaction(insert).await
}

/// Shows a new capture token, this once.
pub(super) fn show_token(state: &State, view: &mut VerificationView, secret: &Secret) {
    view.capture_url = Some(format!("{}/v1/verifications/{}/captures", state.base_url, view.summary.id));
    view.capture_token = Some(capture_token(secret));
}

/// Receives the images, then creates and submits in one transaction, so that nothing is left half done.
async fn create_submitted(
    state: &Data<State>,
    caller: &Caller,
    req: &HttpRequest,
    payload: Payload,
    once: &Once,
) -> Result<String, Problem> {
    if once.was_used() {
        let form = form::receive(state, req, payload, &PARTS, None).await?;
        let fingerprint = Fingerprint::of(req).parts(&form.digests).finish();
        return once.replay(&fingerprint)?.map(str::to_owned).ok_or_else(Problem::bland);
    }
    state.backlog.admit(&state.ctx).await?;
    let mut uploads = Uploads::of(state, &caller.tenant).await?;
    let form = form::receive(state, req, payload, &PARTS, Some(&mut uploads)).await?;
    let new = fields_of(&form)?;
    let creation = Creation {
        id: VerificationId::generate(),
        caller: caller.clone(),
        patience: new.patience(&state.ctx.policy),
        new,
        keyring: state.ctx.keyring.clone(),
        // Nobody is shown this token: the captures are there already.
        token_sha256: Secret::generate().digest(),
    };
    let id = creation.id.to_string();
    let ticket = once.ticket(Fingerprint::of(req).parts(&form.digests).finish());
    creation.commit(state, uploads, trace::parent(req), ticket).await?;
    Ok(id)
}

fn fields_of(form: &Form) -> Result<NewVerification, Problem> {
    let has = |kind: CaptureKind| form.digests.iter().any(|(name, _)| name == kind.as_str());
    if let Some(kind) = lacking(has).first() {
        let problem = Problem::new(Code::CaptureMissing, format!("the part `{kind}` is missing"));
        return Err(problem.with_error(Some(&format!("/{kind}")), Code::CaptureMissing.as_str(), "missing"));
    }
    let wrong =
        |name: &str, what: &str| Problem::field(&format!("/{name}"), format!("the part is not {what}"));
    let metadata = match form.texts.get("metadata") {
        Some(text) => Some(serde_json::from_str(text).map_err(|_| wrong("metadata", "a JSON object"))?),
        None => None,
    };
    let expected = match form.texts.get("expected") {
        Some(text) => {
            Some(serde_json::from_str(text).map_err(|_| wrong("expected", "a JSON object of fields"))?)
        }
        None => None,
    };
    let expires_in_hours = match form.texts.get("expires_in_hours") {
        Some(text) => Some(text.parse().map_err(|_| wrong("expires_in_hours", "a number"))?),
        None => None,
    };
    NewVerification {
        client_reference: form.texts.get("client_reference").cloned(),
        metadata,
        expected,
        expires_in_hours,
        webhook_url: form.texts.get("webhook_url").cloned(),
    }
    .check()
}

/// A verification that is about to be made.
struct Creation {
    id: VerificationId,
    caller: Caller,
    new: NewVerification,
    patience: std::time::Duration,
    keyring: Keyring,
    token_sha256: [u8; 32],
}

impl Creation {
    fn insert(&self, conn: &mut Conn, now: Timestamp) -> Result<(), Problem> {
        let claims = self.sealed_claims(conn)?;
        let row = verifications::NewVerification {
            id: &self.id,
            tenant_id: &self.caller.tenant,
            client_reference: self.new.client_reference.as_deref(),
            metadata: self.new.metadata_json(),
            claims: claims.as_ref(),
            capture_token_sha256: &self.token_sha256,
            expires_at: now.plus(self.patience),
        };
        verifications::insert(conn, &row, now)?;
        if let Some(url) = self.new.receiver()? {
            admit(conn, &self.caller.tenant, "/webhook_url", &url)?;
            let endpoint = endpoints::own_endpoint(conn, &self.caller.tenant, url.as_str(), now)?;
            verifications::set_webhook(conn, &self.id, &endpoint)?;
        }
        events::append(conn, &self.caller.tenant, &self.id, EventType::Created, 1, now)?;
        self.caller.log(conn, "verification.create", self.id.as_str(), now)
    }

    /// What the document is expected to say, sealed; `None`: nothing.
    fn sealed_claims(&self, conn: &mut Conn) -> Result<Option<SealedRow>, Problem> {
        let claims = self.new.claims()?;
        if claims.is_empty() {
            return Ok(None);
        }
        let key = self.keyring.tenant(conn, &self.caller.tenant)?;
        let json = serde_json::to_vec(&claims).map_err(Problem::internal)?;
        Ok(Some(SealedRow::seal(&key, &json, &Verification::claims_context(&self.id))))
    }

    /// Makes the verification with its captures, and submits it.
    async fn commit(
        self,
        state: &web::Data<State>,
        uploads: Uploads,
        traceparent: Option<String>,
        ticket: Ticket,
    ) -> Result<(), Problem> {
        let submission = Submission {
            id: self.id.clone(),
            caller: self.caller.clone(),
            policy: state.ctx.policy.clone(),
            traceparent,
        };
        let rows = uploads.into_rows();
        let uploaded = rows.clone();
        let commit = move |conn: &mut Conn| {
            let now = db::now(conn)?;
            self.insert(conn, now)?;
            for capture in stamped(&rows, now) {
                captures::insert(conn, &capture, Owner::Verification(&self.id))?;
            }
            submit_in(conn, &submission, &ticket, now)
        };
        if let Err(problem) = state.ctx.db.transaction(commit).await {
            discard(state, &uploaded, &problem);
            return Err(problem);
        }
        idv_common::fault::point("submit.committed");
        state.ctx.publish_soon(QueueName::Interactive);
        Ok(())
    }
}

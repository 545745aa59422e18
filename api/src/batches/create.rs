//! `POST /v1/batches`: imports files, or takes another look at verifications.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, post};
use idv_common::db::{self, Conn, batches};
use idv_common::domain::BatchKind;
use utoipa::ToSchema;

use super::manifest::{self, Manifest};
use super::options::{ImportOptions, ManifestQuery, NewBatch, Options, no_source};
use super::start::Order;
use super::view::{BatchView, DryRunView};
use super::{load, replayed};
use crate::auth::Caller;
use crate::fingerprint::Fingerprint;
use crate::idempotency::Once;
use crate::problem::Problem;
use crate::state::State;
use crate::{answer, form, json, page, trace};

/// The largest JSON body, in bytes: a filter may name thousands of verifications.
const JSON_BYTES: usize = 8 << 20;

/// The form of a multipart body.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form in the OpenAPI document")]
pub(crate) struct BatchForm {
    /// The items, as CSV or as JSON lines, at most 64 MiB.
    #[schema(value_type = String, format = Binary)]
    manifest: Vec<u8>,
    /// What goes with them.
    options: Option<ImportOptions>,
}

/// What a request asks for.
struct Received {
    options: Options,
    manifest: Option<Manifest>,
    fingerprint: String,
}

/// Create a batch
///
/// A reprocessing takes JSON. An import takes a manifest: as `lines` in JSON, as a bare body of `text/csv` or
/// `application/x-ndjson`, or as the part `manifest` of a form; each line names files below the server's `batch.source`.
/// With `dry_run` the answer is 200 with the number of items, and nothing is made.
#[utoipa::path(
    tag = "batches",
    params(ManifestQuery),
    request_body(content(
        (NewBatch = "application/json"),
        (String = "text/csv"),
        (String = "application/x-ndjson"),
        (BatchForm = "multipart/form-data"),
    )),
    responses(
        (status = 202, description = "workers will do it", body = BatchView),
        (status = 200, description = "a dry run", body = DryRunView),
    ),
)]
#[post("/v1/batches")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let Received { options, manifest, fingerprint } =
        json::in_time(state.upload_time(), receive(&state, &req, payload)).await?;
    if options.dry_run {
        let count = count(&state, &caller, &options, manifest.as_ref()).await?;
        return Ok(HttpResponse::Ok().json(DryRunView { object: "batch_dry_run", count }));
    }
    let once = Once::begin(&state, &caller, &req).await?;
    if let Some(id) = once.replay(&fingerprint)? {
        let view = replayed(&state, &caller, id).await?;
        return Ok(answer::changed(&state, StatusCode::ACCEPTED, view));
    }
    let order = Order {
        caller: caller.clone(),
        options,
        lines: manifest.map(|manifest| manifest.lines).unwrap_or_default(),
        traceparent: trace::parent(&req),
        ticket: once.ticket(fingerprint),
    };
    // To its end, even if nobody waits for the answer any more: a part of the items would never be begun.
    let storing = actix_web::rt::spawn({
        let state = state.clone();
        async move {
            let made = order.commit(&state).await;
            once.settle(&state, made).await
        }
    });
    let id = storing.await.map_err(Problem::internal)??;
    Ok(answer::changed(&state, StatusCode::ACCEPTED, load(&state, &caller, &id).await?))
}

async fn receive(state: &State, req: &HttpRequest, payload: Payload) -> Result<Received, Problem> {
    let has_source = !state.ctx.config.batch.source.is_empty();
    let media_type = json::media_type(req);
    let (options, manifest, fingerprint) = if let Some(format) = manifest::format_of(&media_type) {
        let query: ManifestQuery = page::query(req)?;
        let digest = [("query".to_owned(), req.query_string().to_owned())];
        let options = Options::try_from(query)?;
        require(has_source)?;
        let manifest = manifest::receive_body(format, payload).await?;
        let digests = [&digest[..], &[("manifest".to_owned(), manifest.sha256.clone())]].concat();
        (options, Some(manifest), Fingerprint::of(req).parts(&digests).finish())
    } else if form::is_multipart(req) {
        require(has_source)?;
        let (options, manifest, digests) = manifest::receive_form(req, payload, JSON_BYTES).await?;
        (options, Some(manifest), Fingerprint::of(req).parts(&digests).finish())
    } else {
        let (mut new, body) = json::read::<NewBatch>(req, payload, JSON_BYTES, state.upload_time()).await?;
        let lines = new.lines.take();
        let is_import = lines.is_some();
        let options = Options::try_from(new)?;
        match options.kind {
            BatchKind::Import => require(has_source)?,
            BatchKind::Reprocess if is_import => return Err(only_for_import()),
            BatchKind::Reprocess => {}
        }
        let manifest = match options.kind {
            BatchKind::Import => Some(Manifest::of_json(lines.unwrap_or_default())?),
            BatchKind::Reprocess => None,
        };
        (options, manifest, Fingerprint::of(req).json(&body).finish())
    };
    Ok(Received { options, manifest: manifest.map(Manifest::checked).transpose()?, fingerprint })
}

fn require(has_source: bool) -> Result<(), Problem> {
    if has_source { Ok(()) } else { Err(no_source()) }
}

fn only_for_import() -> Problem {
    Problem::field("/lines", "this is for `import` alone")
}

/// How many items a batch would have.
async fn count(
    state: &State,
    caller: &Caller,
    options: &Options,
    manifest: Option<&Manifest>,
) -> Result<i64, Problem> {
    if let Some(manifest) = manifest {
        return i64::try_from(manifest.lines.len()).map_err(Problem::internal);
    }
    let (tenant, filter) = (caller.tenant.clone(), options.filter.clone());
    let read = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        batches::count(conn, &tenant, &filter, now)
    };
    Ok(state.ctx.db.read(read).await?)
}

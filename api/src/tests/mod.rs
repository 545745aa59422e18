//! The API over a real embedded context, without a worker: tests finish runs by hand.

mod access;
mod batches;
mod comparisons;
mod enroll_authenticate;
mod evidence;
mod id_verification_system;
mod idempotency;
mod images;
mod jobs;
mod lifecycle;
mod operation;
mod refusals;
mod report;
mod reviews;
mod sockets;
mod subjects;
mod uploads;
mod waiting;
mod webhooks;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_http::Request;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use idv_common::auth::Secret;
use idv_common::crypto::SealedRow;
use idv_common::db::decisions::{self, NewDecision};
use idv_common::db::runs::{self, Run};
use idv_common::db::verifications::{self, Change};
use idv_common::db::{self, Conn, access_log, api_keys, events, tenants};
use idv_common::domain::*;
use idv_common::{Config, Context, metrics};
use serde_json::{Value, json};

use crate::app::app;
use crate::state::State;

type Send = Rc<dyn Fn(Request) -> Pin<Box<dyn Future<Output = Answer>>>>;

/// A running API and its first key.
struct Api {
    ctx: Context,
    key: String,
    send: Send,
    _folder: tempfile::TempDir,
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the status and hands out the JSON.
    #[track_caller]
    fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self.json()
    }

    /// Asserts that this is a well-formed problem of that status and code, and hands it out.
    #[track_caller]
    fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["type"], format!("urn:idv:problem:{code}"));
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"], self.header("request-id"));
        assert!(body["instance"].is_string() && body["title"].is_string() && body["detail"].is_string());
        body
    }
}

impl Api {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// An API with a changed configuration.
    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::load(None).unwrap();
        config.data_dir = folder.path().join("data");
        change(&mut config);
        let ctx = Context::connect(config).await.unwrap();
        let key = ctx.bootstrap().await.unwrap().unwrap();
        let state = Data::new(State::new(ctx.clone(), "http://idv.test"));
        let recorder = Data::new(metrics::recorder().unwrap());
        let app = Rc::new(init_service(app(state, recorder)).await);
        let send: Send = Rc::new(move |req| {
            let app = app.clone();
            Box::pin(async move {
                let res = call_service(&*app, req).await;
                let (status, headers) = (res.status(), res.headers().clone());
                Answer { status, headers, body: read_body(res).await.to_vec() }
            })
        });
        Self { ctx, key, send, _folder: folder }
    }

    /// Sends a request as it is.
    async fn raw(&self, req: TestRequest) -> Answer {
        (self.send)(req.to_request()).await
    }

    /// Sends a request with the first key.
    async fn send(&self, req: TestRequest) -> Answer {
        self.raw(req.insert_header(bearer(&self.key))).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path)).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(TestRequest::post().uri(path).set_json(body)).await
    }

    async fn put_capture(&self, id: &str, kind: &str, body: Vec<u8>) -> Answer {
        let path = format!("/v1/verifications/{id}/captures/{kind}");
        self.send(TestRequest::put().uri(&path).set_payload(body)).await
    }

    /// Makes a verification and returns its id.
    async fn create(&self) -> String {
        let made = self.post("/v1/verifications", json!({})).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Makes a verification with both captures.
    async fn create_with_captures(&self) -> String {
        let id = self.create().await;
        for kind in ["document_front", "selfie"] {
            self.put_capture(&id, kind, png(640, 480)).await.expect(200);
        }
        id
    }

    /// Makes a verification and submits it.
    async fn submit(&self) -> String {
        let id = self.create_with_captures().await;
        self.post(&format!("/v1/verifications/{id}/submit"), json!({})).await.expect(202);
        id
    }

    /// Ends a verification's run as a worker would.
    async fn decide(&self, id: &str, verdict: Verdict, reasons: &[ReasonCode]) {
        let (ctx, id, reasons) = (self.ctx.clone(), id.parse().unwrap(), reasons.to_vec());
        let finish = move |conn: &mut Conn| finish(&ctx, conn, &id, verdict, reasons);
        self.ctx.db.transaction(finish).await.unwrap();
        self.ctx.changed.notify_waiters();
    }

    /// Another tenant's key.
    async fn foreign_key(&self) -> String {
        let keyring = self.ctx.keyring.clone();
        let make = move |conn: &mut Conn| {
            let (now, tenant) = (db::now(conn)?, TenantId::generate());
            tenants::insert(conn, &tenant, "other", &keyring.new_tenant_key(&tenant), now)?;
            let (id, secret) = (KeyId::generate(), Secret::generate());
            api_keys::insert(conn, &id, &tenant, "other", &secret.digest(), now)?;
            Ok::<_, db::Error>(secret.as_api_key(&id))
        };
        self.ctx.db.transaction(make).await.unwrap()
    }

    /// What the access log says of a resource.
    async fn accesses(&self, id: &str) -> Vec<String> {
        let id = id.to_owned();
        let read = move |conn: &mut Conn| {
            let tenant = tenants::by_name(conn, "default")?.unwrap().id;
            access_log::of_resource(conn, &tenant, &id)
        };
        let rows = self.ctx.db.read(read).await.unwrap();
        rows.into_iter().map(|(_, action)| action).collect()
    }

    /// How many objects the store holds, once the tasks that delete some have had their turn.
    async fn objects(&self) -> usize {
        let folder = self.ctx.config.data_dir.join("objects/captures");
        let mut count = 0;
        for tenant in std::fs::read_dir(folder).into_iter().flatten() {
            count += std::fs::read_dir(tenant.unwrap().path()).unwrap().count();
        }
        count
    }
}

fn finish(
    ctx: &Context,
    conn: &mut Conn,
    id: &VerificationId,
    verdict: Verdict,
    reasons: Vec<ReasonCode>,
) -> Result<(), db::Error> {
    let now = db::now(conn)?;
    let row = verifications::get_unscoped(conn, id)?.unwrap();
    let run = runs::get(conn, &row.current_run_id.unwrap())?.unwrap();
    let report = report(verdict, reasons);
    let key = ctx.keyring.tenant(conn, &row.tenant_id).unwrap();
    let json = serde_json::to_vec(&report).unwrap();
    let sealed = SealedRow::seal(&key, &json, &Run::seal_context(&run.id));
    runs::finish(conn, &run, &report, &sealed, now)?;
    let next = VerificationStatus::from(verdict);
    let version = verifications::transition(conn, id, row.status, next, &Change::default(), now)?.unwrap();
    events::append(conn, &row.tenant_id, id, EventType::from(next), version, now)?;
    let decision = NewDecision {
        tenant: &row.tenant_id,
        verification: id,
        source: DecisionSource::Run,
        run: Some(&run.id),
        reviewer: None,
        standing: Standing::Final,
        verdict,
        reasons: &report.reasons,
        version,
    };
    decisions::append(conn, &decision, now)?;
    Ok(())
}

fn report(verdict: Verdict, reasons: Vec<ReasonCode>) -> Report {
    let surname = Field::new("PETERSEN".to_owned(), "PETERSEN<<".to_owned(), FieldSource::Mrz);
    Report {
        schema: REPORT_SCHEMA,
        verdict,
        reasons,
        checks: vec![Check::new(CheckName::FaceMatch, Outcome::Pass).scored(0.81, Some(0.4))],
        document: Some(DocumentReading {
            kind: Some(DocumentKind::Passport),
            fields: [(FieldName::Surname, surname)].into(),
            readings: Vec::new(),
            mrz: None,
        }),
        policy: Policy::default().stamp(),
        models: [].into(),
        steps: Vec::new(),
    }
}

fn bearer(key: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {key}"))
}

/// The beginning of a PNG of that size, which is all that the API looks at.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend_from_slice(&width.to_be_bytes());
    png.extend_from_slice(&height.to_be_bytes());
    png.extend_from_slice(&[8, 2, 0, 0, 0, 0, 0, 0, 0]);
    png
}

/// A multipart body: each part's name and content.
fn multipart(parts: &[(&str, &[u8])]) -> ((&'static str, &'static str), Vec<u8>) {
    let mut body = Vec::new();
    for (name, content) in parts {
        body.extend_from_slice(
            format!("--bnd\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\n\r\n")
                .as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--bnd--\r\n");
    (("content-type", "multipart/form-data; boundary=bnd"), body)
}

/// A POST of a multipart body.
fn post_form(path: &str, parts: &[(&str, &[u8])]) -> TestRequest {
    let (content_type, body) = multipart(parts);
    TestRequest::post().uri(path).insert_header(content_type).set_payload(body)
}

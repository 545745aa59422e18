//! The interface of `enroll-authenticate`, up to where a worker would come in.

use std::time::Duration;

use idv_common::db::{jobs, subjects};

use super::*;

const TENANT: &str = "enroll-authenticate";

fn form(path: &str, parts: &[(&str, &[u8])]) -> TestRequest {
    post_form(path, parts).insert_header(("host", "localhost:5000"))
}

async fn enroll(api: &Api, username: &str) -> Answer {
    let image = png(100, 100);
    api.raw(form(&format!("/api/enroll?username={username}"), &[("cin_file", &image)])).await
}

/// The subject that has a username, once it is there.
async fn user(api: &Api, username: &'static str) -> SubjectId {
    loop {
        let find = move |conn: &mut Conn| match tenants::by_name(conn, TENANT)? {
            Some(tenant) => subjects::by_reference(conn, &tenant.id, username),
            None => Ok(None),
        };
        if let Some(subject) = api.ctx.db.read(find).await.unwrap() {
            return subject.id;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Ends an enrolment as a worker would that cannot do it.
async fn end(api: &Api, username: &'static str, status: SubjectStatus) {
    let id = user(api, username).await;
    let finish = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        subjects::finish(conn, &id, status, None, now)
    };
    api.ctx.db.transaction(finish).await.unwrap();
    api.ctx.changed.notify_waiters();
}

/// How many jobs wait and how many users there are.
async fn left(api: &Api) -> (i64, usize) {
    let count = |conn: &mut Conn| {
        let tenant = tenants::by_name(conn, TENANT)?.unwrap().id;
        let users = subjects::list(conn, &tenant, None, None, 100)?.len();
        Ok::<_, db::Error>((jobs::backlog(conn, QueueName::Interactive)?, users))
    };
    api.ctx.db.read(count).await.unwrap()
}

fn not_enrolled(reason: &str) -> Value {
    json!({"trained": "failed", "EnrollStatus": "REJECTED", "DecisionReason": reason})
}

fn not_authenticated(reason: &str) -> Value {
    json!({"score": null, "Decision": "REJECTED", "DecisionReason": reason})
}

#[actix_web::test]
async fn a_user_is_enrolled_and_the_name_is_taken() {
    let api = Api::start().await;
    let (answer, ()) = tokio::join!(enroll(&api, "ann"), end(&api, "ann", SubjectStatus::Enrolled));
    let approved = r#"{"trained":"success","EnrollStatus":"APPROVED","DecisionReason":"ENROLLED_AS_USER"}"#;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, approved));
    assert_eq!(enroll(&api, "ann").await.expect(200), not_enrolled("DUPLICATE_USERNAME"));
    assert_eq!(api.get("/v1/subjects").await.expect(200)["data"], json!([]), "it is the system's own");
}

#[actix_web::test]
async fn an_enrolment_that_fails_by_a_fault_is_a_fault() {
    let api = Api::start().await;
    let (answer, ()) = tokio::join!(enroll(&api, "ann"), end(&api, "ann", SubjectStatus::Failed));
    assert_eq!(answer.expect(503), not_enrolled("INTERNAL_ERROR"));
}

#[actix_web::test]
async fn an_answer_that_does_not_come_in_time_leaves_nothing() {
    let api = Api::with(|config| config.limits.wait_s = 1).await;
    assert_eq!(enroll(&api, "ann").await.expect(503), not_enrolled("TIMED_OUT"));
    assert_eq!(left(&api).await, (0, 0));
    let (answer, ()) = tokio::join!(enroll(&api, "ann"), end(&api, "ann", SubjectStatus::Enrolled));
    answer.expect(200);
    let image = png(100, 100);
    let claim = form("/api/authentificate?username=ann", &[("auth_video", &image)]);
    assert_eq!(api.raw(claim).await.expect(503), not_authenticated("TIMED_OUT"));
    // Which no worker has taken.
    assert_eq!(left(&api).await, (2, 1), "the enrolment, and the order to erase the image");
}

#[actix_web::test]
async fn a_caller_that_hangs_up_leaves_nothing() {
    let api = Api::start().await;
    let hung_up = tokio::time::timeout(Duration::from_secs(60), enroll(&api, "ann"));
    let id = tokio::select! {
        id = user(&api, "ann") => id,
        _ = hung_up => panic!("nobody enrols"),
    };
    let gone = async || {
        let id = id.clone();
        let find = move |conn: &mut Conn| subjects::versions(conn, &[id.to_string()]);
        api.ctx.db.read(find).await.unwrap().is_empty()
    };
    while !gone().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(left(&api).await, (0, 0));
}

#[actix_web::test]
async fn a_reset_ends_what_is_under_way() {
    let api = Api::start().await;
    let reset = async {
        user(&api, "ann").await;
        api.raw(form("/api/reset", &[])).await
    };
    let (answer, reset) = tokio::join!(enroll(&api, "ann"), reset);
    assert_eq!((reset.status.as_u16(), reset.text().as_str()), (200, r#"{"code":200,"msg":"DONE"}"#));
    assert_eq!(answer.expect(200), not_enrolled("NOT_FOUND"));
    assert_eq!(left(&api).await, (0, 0));
}

#[actix_web::test]
async fn the_name_is_looked_at_before_the_file() {
    let api = Api::start().await;
    let image = png(100, 100);
    for file in [image.as_slice(), b"", b"text"] {
        let ask = async |query: &str| {
            let enrolled = api.raw(form(&format!("/api/enroll{query}"), &[("cin_file", file)])).await;
            let path = format!("/api/authentificate{query}");
            let authenticated = api.raw(form(&path, &[("auth_video", file)])).await;
            (enrolled.expect(200), authenticated.expect(200))
        };
        for (query, reason) in [
            ("", "MISSING_USERNAME"),
            ("?name=ann", "MISSING_USERNAME"),
            ("?username=", "EMPTY_USERNAME"),
            ("?username=%09", "EMPTY_USERNAME"),
            ("?username=a%00", "INVALID_USERNAME"),
        ] {
            assert_eq!(ask(query).await, (not_enrolled(reason), not_authenticated(reason)), "{query}");
        }
        let unknown = form("/api/authentificate?username=bob&username=ann", &[("auth_video", file)]);
        assert_eq!(api.raw(unknown).await.expect(200), not_authenticated("UNKNOWN_USERNAME"));
    }
    assert_eq!(api.objects().await, 0);
}

#[actix_web::test]
async fn other_parts_are_passed_over_and_a_second_file_is_not_looked_at() {
    let api = Api::start().await;
    let image = png(100, 100);
    let parts: &[(&str, &[u8])] =
        &[("note", b"hello"), ("cin_file", &image), ("cin_file", b"text"), ("more", b"")];
    let req = form("/api/enroll?username=ann", parts);
    let (answer, ()) = tokio::join!(api.raw(req), end(&api, "ann", SubjectStatus::Enrolled));
    assert_eq!(answer.expect(200)["EnrollStatus"], "APPROVED");
}

#[actix_web::test]
async fn pages_of_other_origins_and_wrong_keys_are_refused_in_its_shape() {
    let api = Api::start().await;
    let image = png(100, 100);
    let foreign = api.foreign_key().await;
    let ask = |header: (&'static str, String)| {
        api.raw(form("/api/enroll?username=ann", &[("cin_file", &image)]).insert_header(header))
    };
    let origin = ask(("origin", "https://evil.example".to_owned())).await;
    assert_eq!(origin.expect(403), not_enrolled("FORBIDDEN"));
    assert_eq!(ask(bearer(&foreign)).await.expect(403), not_enrolled("FORBIDDEN"));
    assert_eq!(ask(bearer("sk_wrong")).await.expect(401), not_enrolled("UNAUTHORIZED"));
    let reset = form("/api/reset", &[]).insert_header(("origin", "https://evil.example"));
    let refused = api.raw(reset).await.expect(403);
    assert_eq!(refused["code"], 403);
    assert!(refused["msg"].as_str().unwrap().starts_with("ERROR_DETECTED : "), "{refused}");
    let get = TestRequest::get().uri("/api/reset").insert_header(("host", "localhost"));
    api.raw(get).await.problem(405, "method_not_allowed");
}

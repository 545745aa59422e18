//! Jobs that were given up.

use idv_common::db::jobs as stored;

use super::*;

impl Api {
    /// Kills the jobs that wait, as a worker that fails for good would, and settles their verifications.
    async fn kill_jobs(&self) -> Vec<String> {
        let kill = |conn: &mut Conn| {
            let now = db::now(conn)?;
            let filter = stored::Filter { state: Some(JobState::Queued), ..Default::default() };
            let waiting = stored::list(conn, &filter, 100)?;
            let ids: Vec<JobId> = waiting.iter().map(|job| job.id.clone()).collect();
            let claimed = stored::claim_many(conn, &ids, &WorkerId::generate(), &JobLimits::default(), now)?;
            for job in claimed {
                stored::fail(conn, &job.lease, "failed to decrypt the object", None, now)?;
                if let (JobKind::Verify, Some(id)) = (job.kind, &job.verification) {
                    let (from, to) = (VerificationStatus::Processing, VerificationStatus::Failed);
                    verifications::transition(conn, id, from, to, &Change::default(), now)?;
                }
            }
            Ok::<_, db::Error>(ids.into_iter().map(String::from).collect())
        };
        self.ctx.db.transaction(kill).await.unwrap()
    }

    async fn dead(&self) -> Vec<String> {
        let list = self.get("/v1/jobs?state=dead").await.expect(200);
        let ids = list["data"].as_array().unwrap().iter();
        ids.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn job(&self, id: &str, verb: &str) -> Answer {
        self.post(&format!("/v1/jobs/{id}/{verb}"), json!({})).await
    }
}

#[actix_web::test]
async fn a_dead_job_is_listed_with_its_history_and_driven_again() {
    let api = Api::start().await;
    let verification = api.submit().await;
    let [id] = api.kill_jobs().await.try_into().unwrap();
    assert_eq!(api.dead().await, std::slice::from_ref(&id));
    let job = api.get(&format!("/v1/jobs/{id}")).await.expect(200);
    assert_eq!(
        (&job["kind"], &job["state"], &job["attempts"]),
        (&json!("verify"), &json!("dead"), &json!(1))
    );
    assert_eq!(job["verification_id"], verification);
    assert_eq!(job["failures"][0]["cause"], "failed to decrypt the object");
    assert!(job["failures"][0]["worker_id"].is_string());
    let driven = api.job(&id, "redrive").await.expect(200);
    assert_eq!((&driven["state"], &driven["attempts"]), (&json!("queued"), &json!(0)));
    assert_eq!(driven["failures"].as_array().unwrap().len(), 1, "the history stays");
    assert!(api.dead().await.is_empty());
    for verb in ["redrive", "discard"] {
        api.job(&id, verb).await.problem(409, "wrong_state");
    }
    assert_eq!(api.accesses(&id).await, ["job.redrive"]);
}

#[actix_web::test]
async fn a_job_that_can_come_to_nothing_is_not_driven_again() {
    let api = Api::start().await;
    let verification = api.submit().await;
    let [id] = api.kill_jobs().await.try_into().unwrap();
    let keep = json!({"keep": ["document_front", "selfie"]});
    api.post(&format!("/v1/verifications/{verification}/restart"), keep).await.expect(200);
    api.job(&id, "redrive").await.problem(409, "job_stuck");
    let discarded = api.job(&id, "discard").await.expect(200);
    assert_eq!(discarded["state"], "canceled");
    assert!(api.dead().await.is_empty());

    let pair = [("image_a", png(640, 480)), ("image_b", png(640, 480))];
    let parts: Vec<(&str, &[u8])> = pair.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    api.send(post_form("/v1/comparisons", &parts)).await.expect(202);
    let [id] = api.kill_jobs().await.try_into().unwrap();
    let problem = api.job(&id, "redrive").await.problem(409, "job_stuck");
    assert!(problem["detail"].as_str().unwrap().contains("images are gone"), "{problem}");
}

#[actix_web::test]
async fn a_job_that_was_driven_again_decides_no_later_attempt() {
    let api = Api::start().await;
    let verification = api.submit().await;
    let [id] = api.kill_jobs().await.try_into().unwrap();
    api.job(&id, "redrive").await.expect(200);
    let keep = json!({"keep": ["document_front", "selfie"]});
    api.post(&format!("/v1/verifications/{verification}/restart"), keep).await.expect(200);
    assert_eq!(api.get(&format!("/v1/jobs/{id}")).await.expect(200)["state"], "canceled");
}

#[actix_web::test]
async fn what_has_to_be_erased_is_not_discarded() {
    let api = Api::start().await;
    let verification = api.create_with_captures().await;
    api.post(&format!("/v1/verifications/{verification}/redact"), json!({})).await.expect(202);
    let [id] = api.kill_jobs().await.try_into().unwrap();
    api.job(&id, "discard").await.problem(409, "job_stuck");
    assert_eq!(api.job(&id, "redrive").await.expect(200)["kind"], "erase");
}

#[actix_web::test]
async fn all_dead_jobs_are_driven_again_at_once() {
    let api = Api::start().await;
    for _ in 0..2 {
        api.submit().await;
    }
    let gone = api.submit().await;
    api.kill_jobs().await;
    api.post(&format!("/v1/verifications/{gone}/redact"), json!({})).await.expect(202);
    let redrive = || {
        let req = TestRequest::post().uri("/v1/jobs/redrive").insert_header(("idempotency-key", "k"));
        api.send(req.set_json(json!({"kind": "verify"})))
    };
    let driven = redrive().await.expect(200);
    assert_eq!(driven, json!({"redriven": 2, "stuck": 1}));
    assert_eq!(api.dead().await.len(), 1);
    api.kill_jobs().await;
    assert_eq!(redrive().await.expect(200), driven, "a replay drives nothing");
    assert_eq!(api.post("/v1/jobs/redrive", json!({"kind": "compare"})).await.expect(200)["redriven"], 0);
    api.post("/v1/jobs/redrive", json!({"kind": "lunch"})).await.problem(422, "invalid_field");
}

#[actix_web::test]
async fn jobs_are_paged_and_a_tenants_own() {
    let api = Api::start().await;
    for _ in 0..3 {
        api.submit().await;
    }
    let first = api.get("/v1/jobs?limit=2&kind=verify&state=queued").await.expect(200);
    assert_eq!((first["data"].as_array().unwrap().len(), &first["has_more"]), (2, &json!(true)));
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = api.get(&format!("/v1/jobs?starting_after={cursor}")).await.expect(200);
    assert_eq!(rest["data"].as_array().unwrap().len(), 1);
    let id = rest["data"][0]["id"].as_str().unwrap();
    let key = api.foreign_key().await;
    let path = format!("/v1/jobs/{id}");
    api.raw(TestRequest::get().uri(&path).insert_header(bearer(&key))).await.problem(404, "not_found");
    let list = api.raw(TestRequest::get().uri("/v1/jobs").insert_header(bearer(&key))).await;
    assert_eq!(list.expect(200)["data"], json!([]));
    api.get("/v1/jobs?state=lost").await.problem(400, "invalid_query");
}

//! Reports.

use super::*;

#[actix_web::test]
async fn a_report_counts_what_became_of_verifications() {
    let api = Api::start().await;
    api.create().await;
    let reasons = [ReasonCode::FaceMismatch, ReasonCode::ImageBlurry];
    for (verdict, reasons) in
        [(Verdict::Verified, &[][..]), (Verdict::Rejected, &reasons), (Verdict::NeedsReview, &reasons[1..])]
    {
        let id = api.submit().await;
        api.decide(&id, verdict, reasons).await;
    }
    let report = api.get("/v1/report").await.expect(200);
    assert_eq!(report["verifications"], 4);
    assert_eq!(
        report["by_status"],
        json!({"requires_input": 1, "verified": 1, "rejected": 1, "needs_review": 1})
    );
    assert_eq!(report["by_reason"], json!({"face_mismatch": 1, "image_blurry": 2}));
    assert_eq!(report["by_source"], json!({"run": 3}));
    assert_eq!(report["by_day"][0]["created"], 4);
    assert_eq!(report["latency"]["count"], 3);
    assert!(report["latency"]["p99_ms"].as_f64() >= report["latency"]["p50_ms"].as_f64());
    assert_eq!(report["health"]["reviews_waiting"], 1);
    assert_eq!(report["health"]["dead_jobs"], 0);

    let before = api.get("/v1/report?before=2020-01-01").await.expect(200);
    assert_eq!(before["verifications"], 0);
    assert_eq!(before["from"], "2019-12-02T00:00:00.000Z");
    assert!(before["latency"]["p50_ms"].is_null());
    let key = api.foreign_key().await;
    let other = api.raw(TestRequest::get().uri("/v1/report").insert_header(bearer(&key))).await.expect(200);
    assert_eq!((&other["verifications"], &other["health"]["reviews_waiting"]), (&json!(0), &json!(0)));
    for wrong in ["from=x", "from=2020-01-01", "from=2026-02-01&before=2026-01-01", "tenant=a"] {
        api.get(&format!("/v1/report?{wrong}")).await.problem(400, "invalid_query");
    }
}

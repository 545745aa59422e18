//! Named crash points: tests make the process abort at one of them, at every commit boundary in turn.

/// Every crash point, in the order of the flow.
pub const POINTS: &[&str] = &[
    "upload.object_written",
    "submit.before_commit",
    "submit.committed",
    "outbox.published",
    "consume.claimed",
    "verify.finished",
    "verify.evidence_stored",
    "finish.before_commit",
    "finish.committed",
    "erase.object_deleted",
    "deliver.claimed",
    "deliver.sent",
    "batch.prepared",
    "batch.fed",
    "import.stored",
    "import.committed",
];

/// Aborts the process if a test has armed this point; otherwise nothing, and in release builds not even code.
#[inline]
pub fn point(name: &'static str) {
    debug_assert!(POINTS.contains(&name), "`{name}` is not listed");
    fail::fail_point!(name, |_| std::process::abort());
}

/// Arms the points that the environment variable `FAILPOINTS` names, such as `submit.committed=return`, for as
/// long as the result lives.
#[cfg(feature = "testing")]
pub fn arm() -> fail::FailScenario<'static> {
    fail::FailScenario::setup()
}

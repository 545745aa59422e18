//! The memory of the pipeline's steps.

/// What a finding depends on: the same key, the same finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey {
    /// The step's name.
    pub step: String,
    /// SHA-256 of the step's input, in hex.
    pub input_sha256: String,
    /// SHA-256 over the digests of the step's models, in hex.
    pub model_digest: String,
    /// Raised when the step's code changes what it finds.
    pub step_version: i32,
}

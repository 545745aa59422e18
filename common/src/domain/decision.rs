//! Decisions: who decided, and whether it stands.

use super::names::names;

names! {
    /// Who made a decision.
    DecisionSource {
        /// The pipeline.
        Run = "run",
        /// A person.
        Reviewer = "reviewer",
    }
}

names! {
    /// Whether a decision stands.
    Standing {
        /// It waits for a second pair of eyes.
        Proposed = "proposed",
        /// It stands until a later one.
        Final = "final",
    }
}

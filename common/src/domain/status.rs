//! The life of a verification.

use super::{Verdict, names::names};

names! {
    /// Where a verification stands.
    VerificationStatus {
        /// Waits for captures and for being submitted.
        RequiresInput = "requires_input",
        /// Submitted; a worker will decide.
        Processing = "processing",
        /// Decided: every required check passed.
        Verified = "verified",
        /// Decided: a required check failed.
        Rejected = "rejected",
        /// A person has to decide.
        NeedsReview = "needs_review",
        /// Called off by the caller.
        Canceled = "canceled",
        /// Not submitted in time.
        Expired = "expired",
        /// Given up after faults of the machinery; may be reprocessed.
        Failed = "failed",
    }
}

impl VerificationStatus {
    /// Every allowed transition. A change of status is an UPDATE guarded by the status that it leaves, so the
    /// database makes no other.
    pub const TRANSITIONS: &'static [(Self, Self)] = {
        use VerificationStatus::*;
        &[
            (RequiresInput, Processing),
            (RequiresInput, Canceled),
            (RequiresInput, Expired),
            (Processing, Verified),
            (Processing, Rejected),
            (Processing, NeedsReview),
            (Processing, Failed),
            (Processing, Canceled),
            // A reviewer decides.
            (NeedsReview, Verified),
            (NeedsReview, Rejected),
            // A reprocessed run is applied.
            (Verified, Rejected),
            (Verified, NeedsReview),
            (Rejected, Verified),
            (Rejected, NeedsReview),
            (Failed, Verified),
            (Failed, Rejected),
            (Failed, NeedsReview),
            // A restart asks for new captures.
            (Rejected, RequiresInput),
            (NeedsReview, RequiresInput),
            (Failed, RequiresInput),
            (Expired, RequiresInput),
            (NeedsReview, Canceled),
        ]
    };

    /// Whether a verification may go from `self` to `next`.
    pub fn may_become(self, next: Self) -> bool {
        Self::TRANSITIONS.contains(&(self, next))
    }

    /// The states from which a verification may become `next`.
    pub fn sources_of(next: Self) -> impl Iterator<Item = Self> {
        Self::TRANSITIONS.iter().filter(move |(_, to)| *to == next).map(|(from, _)| *from)
    }

    /// Whether captures may still be added or replaced.
    pub fn takes_captures(self) -> bool {
        self == Self::RequiresInput
    }

    /// What was decided; `None` if nothing was, or nothing stands.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Verified => Some(Verdict::Verified),
            Self::Rejected => Some(Verdict::Rejected),
            Self::NeedsReview => Some(Verdict::NeedsReview),
            _ => None,
        }
    }

    /// Whether nothing more happens without somebody's doing.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::RequiresInput | Self::Processing)
    }
}

impl From<Verdict> for VerificationStatus {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Verified => Self::Verified,
            Verdict::Rejected => Self::Rejected,
            Verdict::NeedsReview => Self::NeedsReview,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_status() -> impl Strategy<Value = VerificationStatus> {
        prop::sample::select(VerificationStatus::ALL)
    }

    proptest! {
        #[test]
        fn no_status_becomes_itself_and_canceled_is_final(to in any_status()) {
            prop_assert!(!to.may_become(to));
            prop_assert!(!VerificationStatus::Canceled.may_become(to));
        }

        #[test]
        fn every_walk_passes_processing_before_its_first_verdict(
            walk in prop::collection::vec(any_status(), 1..12),
        ) {
            let mut status = VerificationStatus::RequiresInput;
            let mut processed = false;
            for next in walk {
                if !status.may_become(next) {
                    continue;
                }
                status = next;
                processed |= status == VerificationStatus::Processing;
                let verdict = matches!(
                    status,
                    VerificationStatus::Verified
                        | VerificationStatus::Rejected
                        | VerificationStatus::NeedsReview
                        | VerificationStatus::Failed
                );
                prop_assert!(!verdict || processed);
            }
        }
    }
}

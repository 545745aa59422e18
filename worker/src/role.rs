//! The roles of a worker process.

/// What a worker process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Keeps the broker's window filled.
    Relay,
    /// Runs jobs.
    Verify,
    /// Rescues, expires and purges.
    Sweep,
    /// Sends webhooks.
    Deliver,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Relay, Self::Verify, Self::Sweep, Self::Deliver];

    /// The role's name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Verify => "verify",
            Self::Sweep => "sweep",
            Self::Deliver => "deliver",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is none of: relay, verify, sweep, deliver"))
    }
}

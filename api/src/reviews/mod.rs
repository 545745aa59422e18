//! `/v1/reviews` and `/v1/verifications/{id}/review`: a person decides what no run could.

pub(crate) mod claim;
pub(crate) mod decide;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod notes;
pub(crate) mod view;

use idv_common::db::{self, Conn, reviews};
use idv_common::domain::VerificationId;

use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::verifications::redacted;
use view::ReviewView;

/// Reads a review as the owner of its verification sees it.
async fn load(state: &State, caller: &Caller, id: &VerificationId) -> Result<ReviewView, Problem> {
    let (tenant, id) = (caller.tenant.clone(), id.clone());
    let read = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        reviews::get(conn, &tenant, &id, now)
    };
    state.ctx.db.read(read).await?.ok_or_else(Problem::not_found)?.try_into()
}

impl From<reviews::Refused> for Problem {
    fn from(refused: reviews::Refused) -> Self {
        use reviews::Refused;
        match refused {
            Refused::NotFound(_) => Self::not_found(),
            Refused::Redacted => redacted(),
            Refused::WrongStatus(status) => {
                let detail = format!("the verification is `{status}`, and only `needs_review` is reviewed");
                Self::new(Code::WrongState, detail)
            }
            Refused::ClaimedBy { reviewer, until } => {
                Self::new(Code::ReviewClaim, format!("`{reviewer}` has claimed it until {until}"))
            }
            Refused::NotClaimed => Self::new(Code::ReviewClaim, "claim the verification first"),
            Refused::DecidedBefore => {
                Self::new(Code::ReviewDecided, "another reviewer has to look at it as well")
            }
            Refused::Database(error) => error.into(),
        }
    }
}

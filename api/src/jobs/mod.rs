//! `/v1/jobs`: the work behind everything else, above all what was given up.

pub(crate) mod discard;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod redrive;
pub(crate) mod view;

use idv_common::db::{Conn, jobs};
use idv_common::domain::JobId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::state::State;
use view::JobView;

/// Nothing has to be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Reads a job with its history.
async fn load(state: &State, caller: &Caller, id: &JobId) -> Result<JobView, Problem> {
    let (tenant, id) = (caller.tenant.clone(), id.clone());
    let read = move |conn: &mut Conn| {
        let job = jobs::get(conn, Some(&tenant), &id)?.ok_or_else(Problem::not_found)?;
        Ok::<_, Problem>(JobView::new(job, jobs::history(conn, &id)?))
    };
    state.ctx.db.read(read).await
}

impl From<jobs::Refused> for Problem {
    fn from(refused: jobs::Refused) -> Self {
        use jobs::Refused;
        let stuck = |detail: &str| Self::new(Code::JobStuck, detail);
        match refused {
            Refused::NotFound(_) => Self::not_found(),
            Refused::NotDead(state) => {
                Self::new(Code::WrongState, format!("the job is `{state}`, not `dead`"))
            }
            Refused::ImagesGone => stuck("its images are gone, so the request has to be made again"),
            Refused::Superseded => stuck("what it was about has moved on, so it can only be discarded"),
            Refused::OfBatch => stuck("it was a batch's, so the verification needs another batch"),
            Refused::MustErase => stuck("what it erases has to be erased, so it can only be driven again"),
            Refused::Database(error) => error.into(),
        }
    }
}

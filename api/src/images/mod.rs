//! `/v1/images`: images that are kept by themselves, with a verdict on the face in them. One file per verb.

pub(crate) mod content;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
mod stored;
pub(crate) mod view;

use idv_common::domain::ImageId;

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::State;
pub(crate) use stored::Stored;
use view::ImageView;

/// The longest name, in characters.
const NAME_LEN: usize = 200;

/// Reads an image as its owner sees it; `None` if there is none.
pub(crate) async fn find(state: &State, caller: &Caller, id: &ImageId) -> Result<Option<ImageView>, Problem> {
    let (ctx, tenant, id) = (state.ctx.clone(), caller.tenant.clone(), id.clone());
    state.ctx.db.read(move |conn| ImageView::load(&ctx, conn, &tenant, &id)).await
}

/// Whether a text may be an image's name. A name is a label, kept in a column: slashes and dots mean nothing in it.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=NAME_LEN).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// Refuses a name that is empty, too long or not printable.
pub(crate) fn check_name(name: &str) -> Result<(), Problem> {
    if is_name(name) {
        return Ok(());
    }
    Err(Problem::field("/name", format!("must be 1 to {NAME_LEN} printable characters")))
}

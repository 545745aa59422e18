//! `enroll-authenticate`: `POST /api/enroll`, `/api/authentificate` and `/api/reset`.
//!
//! A user is a subject whose reference is the username. Whatever is decided, also that a request is wanting, is
//! answered with 200 and told apart by `DecisionReason`: a reason of its own for what only this system knows, and
//! otherwise the reason's or problem's code of `/v1` in capitals. Names are looked at before files, so that the answer
//! to a wrong name does not depend on the file.

mod authenticate;
mod enroll;
mod receive;
mod refusal;
mod reset;

use actix_web::HttpRequest;
use actix_web::web::{self, Query, ServiceConfig};
use idv_common::db::subjects::{self, Subject};
use idv_common::domain::Facade;

use crate::auth::Caller;
use crate::limits::check_reference;
use crate::problem::Problem;
use crate::state::State;
use refusal::Refusal;

/// The system.
const FACADE: Facade = Facade::EnrollAuthenticate;

/// Registers the routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/enroll").route(web::post().to(enroll::enroll)))
        .service(web::resource("/api/authentificate").route(web::post().to(authenticate::authenticate)))
        .service(web::resource("/api/reset").route(web::post().to(reset::reset)));
}

/// The username of a request, if it has one that can be.
fn username(req: &HttpRequest) -> Result<String, Refusal> {
    let pairs = Query::<Vec<(String, String)>>::from_query(req.query_string());
    let pairs = pairs.map(Query::into_inner).unwrap_or_default();
    let Some((_, username)) = pairs.into_iter().find(|(name, _)| name == "username") else {
        return Err(Refusal::Decided("MISSING_USERNAME".to_owned()));
    };
    if username.trim().is_empty() {
        return Err(Refusal::Decided("EMPTY_USERNAME".to_owned()));
    }
    match check_reference(&username) {
        Ok(()) => Ok(username),
        Err(_) => Err(Refusal::Decided("INVALID_USERNAME".to_owned())),
    }
}

/// The subject that has a username.
async fn user(state: &State, caller: &Caller, username: &str) -> Result<Option<Subject>, Problem> {
    let (tenant, username) = (caller.tenant.clone(), username.to_owned());
    Ok(state.ctx.db.read(move |conn| subjects::by_reference(conn, &tenant, &username)).await?)
}

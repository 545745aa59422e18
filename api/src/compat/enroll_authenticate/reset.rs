//! `POST /api/reset`: deletes all users of this system.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::{FACADE, Refusal};
use crate::compat::{access, reply};
use crate::problem::Problem;
use crate::state::State;
use crate::subjects::delete_all::erase_all;

/// The answer.
#[derive(Serialize)]
struct Answer {
    code: u16,
    msg: String,
}

/// Deletes all users.
pub(super) async fn reset(state: Data<State>, req: HttpRequest) -> HttpResponse {
    match erased(&state, &req).await {
        Ok(()) => reply(StatusCode::OK, Answer { code: 200, msg: "DONE".to_owned() }),
        Err(problem) => {
            let refusal = Refusal::from(problem);
            refusal.log();
            let status = match refusal.status() {
                status if status.is_client_error() => status,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let msg = format!("ERROR_DETECTED : {}", refusal.explanation());
            reply(status, Answer { code: status.as_u16(), msg })
        }
    }
}

async fn erased(state: &Data<State>, req: &HttpRequest) -> Result<(), Problem> {
    let caller = access::caller(state, req, FACADE).await?;
    let deleted = erase_all(state, &caller).await?;
    tracing::info!(deleted, "deleted all users");
    Ok(())
}

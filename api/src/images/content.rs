//! `GET /v1/images/{id}/content`: the bytes as they were uploaded.

use actix_web::http::header::{
    Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use idv_common::db::{self, Conn};
use idv_common::domain::ImageId;

use super::Stored;
use crate::answer::Id;
use crate::auth::Caller;
use crate::file;
use crate::problem::Problem;
use crate::state::State;

/// Download an image
///
/// The bytes as they were uploaded. The `ETag` is their SHA-256.
#[utoipa::path(
    tag = "images",
    params(("id" = String, Path, description = "the image's id")),
    responses(
        (status = 200, description = "the bytes", body = [u8], content_type = "image/*"),
        (status = 304, description = "the caller has these bytes"),
    ),
)]
#[get("/v1/images/{id}/content")]
pub(crate) async fn download(
    state: Data<State>,
    caller: Caller,
    id: Id<ImageId>,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    send(&state, &caller, &id.0, &req).await?.ok_or_else(Problem::not_found)
}

/// Answers with an image's bytes; `None` if there is none.
pub(crate) async fn send(
    state: &State,
    caller: &Caller,
    id: &ImageId,
    req: &HttpRequest,
) -> Result<Option<HttpResponse>, Problem> {
    let Some(image) = Stored::read(state, &caller.tenant, id).await? else { return Ok(None) };
    if let Some(unchanged) = file::unchanged(req, &image.sha256) {
        return Ok(Some(unchanged));
    }
    let (caller, read) = (caller.clone(), id.clone());
    let log = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        caller.log(conn, "image.download", read.as_str(), now)
    };
    state.ctx.db.transaction(log).await?;
    let mut response = file::sending(&image.sha256);
    response.content_type(image.format.as_str()).insert_header(disposition(id, &image));
    Ok(Some(response.body(image.bytes.0)))
}

/// What a browser calls the file: its name without what a file system would take for a path, and for programs that
/// know no UTF-8 its id.
fn disposition(id: &ImageId, image: &Stored) -> ContentDisposition {
    let plain = format!("{id}.{}", image.format.extension());
    let mut parameters = vec![DispositionParam::Filename(plain)];
    if let Some(name) = &image.name {
        let value = name.replace(['/', '\\', ':'], "_").into_bytes();
        let charset = Charset::Ext("UTF-8".to_owned());
        parameters.push(DispositionParam::FilenameExt(ExtendedValue { charset, language_tag: None, value }));
    }
    ContentDisposition { disposition: DispositionType::Inline, parameters }
}

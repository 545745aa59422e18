//! Answers that are a stored file: an entity tag, and no copy of it on the way.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

/// The answer to a caller who has the bytes already; `None` if they are to be sent. `sha256` is theirs, in hex.
pub(crate) fn unchanged(req: &HttpRequest, sha256: &str) -> Option<HttpResponse> {
    let tag = tag(sha256);
    let known = req.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|value| value.split(',')).map(|known| known.trim().trim_start_matches("W/"));
    known.into_iter().any(|known| known == tag).then(|| tagged(StatusCode::NOT_MODIFIED, sha256).finish())
}

/// The beginning of an answer with these bytes.
pub(crate) fn sending(sha256: &str) -> HttpResponseBuilder {
    tagged(StatusCode::OK, sha256)
}

fn tagged(status: StatusCode, sha256: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((ETAG, tag(sha256))).insert_header((CACHE_CONTROL, "private, no-store"));
    response
}

fn tag(sha256: &str) -> String {
    format!("\"{sha256}\"")
}

//! The pages of this system: one that starts a verification, and one that takes the scans and shows the result.
//!
//! They are the same for everybody and ask the routes beside them for everything personal, so they need no caller.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
};
use actix_web::http::uri::Authority;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use qrcode::render::svg::Color;
use qrcode::{EcLevel, QrCode};

use super::{begin, caller, private, refused, session_id};
use crate::compat::shaped;
use crate::problem::Problem;
use crate::state::State;

const TEST_PAGE: &str = include_str!("../../../web/test_page.html");
const VERIFICATION: &str = include_str!("../../../web/verification.html");
const SCRIPT: &str = include_str!("../../../web/verification.js");
const STYLE: &str = include_str!("../../../web/verification.css");

/// Where the page's text has the session's id.
const SESSION_ID: &str = "{session_id}";
/// What a page may load, and that nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The least width and height of the QR code, in pixels.
const QR_SIDE: u32 = 240;

/// Registers the pages.
pub(super) fn routes(config: &mut ServiceConfig) {
    let asset = |kind: &'static str, text: &'static str| {
        web::get().to(move || async move { HttpResponse::Ok().content_type(kind).body(text) })
    };
    config
        .route("/test_page", web::get().to(show_test_page))
        .route("/test_page", web::post().to(start))
        .route("/verification/assets/page.js", asset("text/javascript; charset=utf-8", SCRIPT))
        .route("/verification/assets/page.css", asset("text/css; charset=utf-8", STYLE))
        .route("/verification/{session_id}", web::get().to(show_verification))
        .route("/verification/{session_id}/qr.svg", web::get().to(show_qr));
}

async fn show_test_page() -> HttpResponse {
    page(StatusCode::OK, TEST_PAGE.to_owned(), "same-origin")
}

/// Starts a verification for the test page's button and leads to its page.
async fn start(state: Data<State>, req: HttpRequest) -> HttpResponse {
    let started = async {
        let caller = caller(&state, &req).await?;
        begin(&state, &caller).await
    };
    match started.await {
        Ok(id) => {
            let to = (LOCATION, format!("/verification/{id}"));
            private(shaped(HttpResponse::SeeOther().insert_header(to).finish()))
        }
        Err(problem) => refused(&problem),
    }
}

async fn show_verification(req: HttpRequest) -> HttpResponse {
    match session_id(&req) {
        Ok(id) => page(StatusCode::OK, VERIFICATION.replace(SESSION_ID, id.as_str()), "no-referrer"),
        Err(problem) => refused(&problem),
    }
}

/// The address of a session's page as a QR code.
async fn show_qr(state: Data<State>, req: HttpRequest) -> HttpResponse {
    let drawn = async {
        caller(&state, &req).await?;
        draw(&format!("{}/verification/{}", base_url(&state, &req), session_id(&req)?))
    };
    match drawn.await {
        Ok(svg) => private(HttpResponse::Ok().content_type("image/svg+xml").body(svg)),
        Err(problem) => refused(&problem),
    }
}

fn draw(text: &str) -> Result<String, Problem> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(Problem::internal)?;
    // The quiet zone belongs to the code, so that it is read on a dark page as well.
    let (dark, light) = (Color("#000000"), Color("#ffffff"));
    Ok(code.render().min_dimensions(QR_SIDE, QR_SIDE).dark_color(dark).light_color(light).build())
}

/// What the addresses of pages begin with: as configured, or as the caller itself has reached this server.
pub(super) fn base_url(state: &State, req: &HttpRequest) -> String {
    let configured = state.ctx.config.server.public_url.trim_end_matches('/');
    let host = req.headers().get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    match host {
        Some(host) if configured.is_empty() => format!("http://{host}"),
        None if configured.is_empty() => state.base_url.clone(),
        _ => configured.to_owned(),
    }
}

fn page(status: StatusCode, html: String, referrer: &'static str) -> HttpResponse {
    let mut response = HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html);
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, referrer),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

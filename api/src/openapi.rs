//! `/openapi.json` and `/docs`: the API describes itself.
//!
//! The document is collected from the routes as they are registered, so that none can be missing from it.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use idv_common::domain::VerificationStatus;
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, PathItem, Ref, Required, ResponseBuilder, SecurityRequirement,
    Type,
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::problem::{self, Code};

/// Where the document is served.
const PATH: &str = "/openapi.json";
/// The name of the security scheme.
const KEY: &str = "api_key";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "idv", description = "Self-hosted identity verification."),
    tags(
        (name = "verifications", description = "A person's document and selfie become a decision with reasons."),
        (name = "comparisons", description = "Two images, one question: the same person?"),
        (name = "images", description = "An image that is kept by name, with a verdict on the face in it."),
        (name = "subjects", description = "People who are known by a template of their face."),
        (name = "authentications", description = "Somebody claims to be a subject: is it true?"),
        (name = "webhooks", description = "Whoever wants to know is told, and nobody has to ask."),
        (name = "reviews", description = "A person decides what no run could. The reviewers' names are the caller's: whoever holds the API key is trusted with them."),
        (name = "jobs", description = "The work behind everything else: what was given up, why, and driving it again."),
        (name = "batches", description = "Many verifications at once: imported from files, or looked at again."),
        (name = "operation", description = "For those who run the service."),
    ),
    components(schemas(problem::Body)),
)]
struct Base;

/// The document before any route is registered.
pub(crate) fn base() -> OpenApi {
    Base::openapi()
}

/// The document after all routes are registered: adds what is the same for every one of them.
pub(crate) fn complete(mut api: OpenApi) -> OpenApi {
    api.info.description = Some(description());
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key `sk_…`; for captures also the verification's token `ct_…`."))
        .build();
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(KEY, SecurityScheme::Http(scheme));
    api.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(KEY, [])]);
    for (path, item) in &mut api.paths.paths {
        let versioned = path.starts_with("/v1/");
        for (method, operation) in operations(item) {
            if versioned {
                add_headers(operation, method);
            }
            add_problem(operation);
        }
    }
    api
}

/// The methods of a path, with what they do.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", item.get.as_mut()),
        ("PUT", item.put.as_mut()),
        ("POST", item.post.as_mut()),
        ("DELETE", item.delete.as_mut()),
        ("PATCH", item.patch.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

/// The methods that a path answers to, for `Allow`.
pub(crate) fn methods(item: &PathItem) -> Vec<&'static str> {
    let mut item = item.clone();
    operations(&mut item).map(|(method, _)| method).collect()
}

fn add_headers(operation: &mut Operation, method: &str) {
    let headers: &[(&str, &str)] = match method {
        "POST" => &[
            ("Idempotency-Key", "makes a repeated request have the effect of one; remembered for 24 hours"),
            ("Prefer", "`wait=N`: the answer may take up to N seconds if the result is there by then"),
            ("traceparent", "W3C trace context; travels with the jobs"),
        ],
        "GET" => &[
            ("If-None-Match", "the `ETag` of the version that the caller has"),
            ("Prefer", "`wait=N`: wait up to N seconds for a change"),
        ],
        _ => &[],
    };
    for (name, description) in headers {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let header = ParameterBuilder::new()
            .name(*name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(*description))
            .schema(Some(text))
            .build();
        operation.parameters.get_or_insert_default().push(header.into());
    }
}

fn add_problem(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new()
        .description("a problem (RFC 9457); its `code` is one of those listed above")
        .content(problem::CONTENT_TYPE, content)
        .build();
    operation.responses.responses.insert("default".to_owned(), response.into());
}

fn description() -> String {
    let transitions: String =
        VerificationStatus::TRANSITIONS.iter().map(|(from, to)| format!("| `{from}` | `{to}` |\n")).collect();
    let codes: String = Code::ALL
        .iter()
        .map(|code| format!("| `{}` | {} | {} |\n", code.as_str(), code.status().as_u16(), code.title()))
        .collect();
    format!(
        "Self-hosted identity verification: a document and a selfie go in, a decision with reasons comes out.\n\n\
         ## Life of a verification\n\nEvery allowed change of status:\n\n| from | to |\n|---|---|\n{transitions}\n\
         ## Problems\n\nEvery error is `application/problem+json` (RFC 9457):\n\n\
         | code | status | meaning |\n|---|---|---|\n{codes}"
    )
}

/// This document
#[utoipa::path(
    tag = "operation",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object, content_type = "application/json")),
)]
#[get("/openapi.json")]
pub(crate) async fn show(document: Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}

/// The page that shows the document; all of it is served from here.
pub(crate) fn page() -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}").config(Config::from(PATH))
}

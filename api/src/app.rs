//! The routes.

use actix_web::body::MessageBody;
use actix_web::dev::{ResourceDef, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, Error, HttpRequest, HttpResponse};
use idv_common::metrics::PrometheusHandle;
use tracing_actix_web::TracingLogger;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;

use crate::problem::{Code, Problem};
use crate::request::{RequestSpan, answer, identify};
use crate::state::State;
use crate::{
    authentications, batches, comparisons, compat, events, health, images, jobs, metrics, openapi, report,
    reviews, subjects, verifications, webhooks,
};

/// The application: every route, and what every request goes through.
pub(crate) fn app(
    state: Data<State>,
    recorder: Data<PrometheusHandle>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let (app, document) = App::new()
        .into_utoipa_app()
        .openapi(openapi::base())
        .service(verifications::create::create)
        .service(verifications::list::list)
        .service(verifications::get::show)
        .service(verifications::upload::upload)
        .service(verifications::upload::status)
        .service(verifications::evidence::download)
        .service(verifications::submit::submit)
        .service(verifications::cancel::cancel)
        .service(verifications::restart::restart)
        .service(verifications::redact::redact)
        .service(reviews::list::list)
        .service(reviews::claim::claim)
        .service(reviews::claim::release)
        .service(reviews::decide::decide)
        .service(reviews::notes::add)
        .service(reviews::notes::list)
        .service(reviews::history::history)
        .service(jobs::list::list)
        .service(jobs::redrive::redrive_all)
        .service(jobs::get::show)
        .service(jobs::redrive::redrive)
        .service(jobs::discard::discard)
        .service(report::report)
        .service(comparisons::create::create)
        .service(comparisons::get::show)
        .service(images::create::create)
        .service(images::list::list)
        .service(images::get::show)
        .service(images::content::download)
        .service(images::delete::delete)
        .service(subjects::create::create)
        .service(subjects::list::list)
        .service(subjects::get::show)
        .service(subjects::delete::delete)
        .service(subjects::delete_all::delete_all)
        .service(authentications::create::create)
        .service(authentications::get::show)
        .service(webhooks::endpoints::create::create)
        .service(webhooks::endpoints::list::list)
        .service(webhooks::endpoints::get::show)
        .service(webhooks::endpoints::update::update)
        .service(webhooks::endpoints::delete::delete)
        .service(webhooks::endpoints::rotate::rotate)
        .service(webhooks::endpoints::switch::enable)
        .service(webhooks::endpoints::switch::disable)
        .service(webhooks::endpoints::test::test)
        .service(webhooks::endpoints::recover::recover)
        .service(webhooks::deliveries::list::list)
        .service(webhooks::deliveries::get::show)
        .service(webhooks::deliveries::resend::resend)
        .service(webhooks::secret::show)
        .service(webhooks::secret::rotate)
        .service(events::list)
        .service(batches::create::create)
        .service(batches::list::list)
        .service(batches::get::show)
        .service(batches::items::list)
        .service(batches::diff::show)
        .service(batches::change::pause)
        .service(batches::change::resume)
        .service(batches::change::cancel)
        .service(health::healthz)
        .service(health::readyz)
        .service(metrics::show)
        .service(openapi::show)
        .split_for_parts();
    let facades = state.ctx.facades();
    app.app_data(state)
        .app_data(recorder)
        .app_data(Data::new(openapi::complete(document)))
        .service(web::redirect("/docs", "/docs/"))
        .service(openapi::page())
        .configure(|config| compat::configure(config, &facades))
        .default_service(web::to(unrouted))
        // The last one wrapped is the first to see a request.
        .wrap(from_fn(answer))
        .wrap(TracingLogger::<RequestSpan>::new())
        .wrap(from_fn(identify))
}

/// Answers what no route takes: 405 if the path has a route for another method, else 404.
async fn unrouted(req: HttpRequest, document: Data<OpenApi>) -> Result<HttpResponse, Problem> {
    let mut paths = document.paths.paths.iter();
    Err(match paths.find(|(path, _)| ResourceDef::new(path.as_str()).is_match(req.path())) {
        Some((_, item)) => {
            let allowed = openapi::methods(item).join(", ");
            let detail = format!("this path answers to {allowed}");
            Problem::new(Code::MethodNotAllowed, detail).allow(allowed)
        }
        None => Problem::not_found(),
    })
}

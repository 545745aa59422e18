//! `idv webhooks`: the receivers of events, and what is on its way to them.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{anyhow, bail};
use idv_common::context::DEFAULT_TENANT;
use idv_common::db::access_log::{self, Access};
use idv_common::db::tenants::Tenant;
use idv_common::db::webhooks::deliveries::{self, Filter, Recovery};
use idv_common::db::webhooks::endpoints::{self, Endpoint};
use idv_common::db::{self, Conn, tenants};
use idv_common::domain::{DeliveryId, DeliveryState, EndpointId, EndpointStatus, Timestamp};
use idv_common::{Config, Context};

use super::output;

/// How many rows are read at once.
const PAGE: i64 = 100;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The tenant.
    #[arg(long, global = true, default_value = DEFAULT_TENANT)]
    tenant: String,

    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List the tenant's endpoints and how each does.
    List,
    /// List an endpoint's deliveries, newest first; or show one with its attempts.
    Deliveries {
        /// The endpoint, `whe_…`, or one delivery, `whd_…`.
        id: String,
        /// Only those in this state: pending, delivered or failed.
        #[arg(long)]
        state: Option<DeliveryState>,
        /// How many at most.
        #[arg(long, default_value_t = 20)]
        limit: i64,
    },
    /// Send one event to one endpoint again.
    Resend {
        /// The delivery, `whd_…`.
        id: DeliveryId,
    },
    /// Send an endpoint everything since a time that it has not taken.
    Recover {
        /// The endpoint, `whe_…`.
        id: EndpointId,
        /// The time, such as 2026-01-31T00:00:00Z.
        #[arg(long, value_parser = parse_time)]
        since: Timestamp,
    },
    /// Send an event to one endpoint alone.
    Test {
        /// The endpoint, `whe_…`.
        id: EndpointId,
    },
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map(|time| Timestamp::from_micros(time.as_microsecond())).map_err(|cause| cause.to_string())
}

/// Runs `idv webhooks`.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let ctx = Context::connect(config).await?;
        let Args { tenant, action } = args;
        match action {
            Action::List => list(&ctx, tenant).await?,
            Action::Deliveries { id, state, limit } => match id.parse() {
                Ok(delivery) => show(&ctx, tenant, delivery).await?,
                Err(_) => list_deliveries(&ctx, tenant, id.parse()?, state, limit).await?,
            },
            Action::Resend { id } => resend(&ctx, tenant, id).await?,
            Action::Recover { id, since } => recover(&ctx, tenant, id, since).await?,
            Action::Test { id } => test(&ctx, tenant, id).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn list(ctx: &Context, tenant: String) -> anyhow::Result<()> {
    let rows = ctx.db.read(move |conn| {
        let tenant = find(conn, &tenant)?;
        let (mut rows, mut before) = (Vec::new(), None);
        loop {
            let page = endpoints::list(conn, &tenant.id, before.as_ref(), PAGE)?;
            before = page.last().map(|row: &Endpoint| row.id.clone());
            if before.is_none() {
                return Ok::<_, anyhow::Error>(rows);
            }
            rows.extend(page);
        }
    });
    for row in rows.await? {
        output::line(format_args!("{}  {}  {}{}", row.id, standing(&row), row.url, wanted(&row)?));
    }
    Ok(())
}

/// Whether an endpoint is told of events, and how it does.
fn standing(row: &Endpoint) -> String {
    match (row.status, row.disabled_reason, row.failing_since) {
        (EndpointStatus::Disabled, Some(reason), _) => format!("disabled ({reason})"),
        (EndpointStatus::Enabled, _, Some(since)) => {
            format!("failing since {since} ({} in a row)", row.failures)
        }
        (status, ..) => status.to_string(),
    }
}

fn wanted(row: &Endpoint) -> Result<String, db::Error> {
    let types =
        row.events()?.map(|types| types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(","));
    Ok(types.map(|types| format!("  {types}")).unwrap_or_default())
}

async fn list_deliveries(
    ctx: &Context,
    tenant: String,
    endpoint: EndpointId,
    state: Option<DeliveryState>,
    limit: i64,
) -> anyhow::Result<()> {
    let rows = ctx.db.read(move |conn| {
        let tenant = find(conn, &tenant)?;
        let endpoint = find_endpoint(conn, &tenant, &endpoint)?;
        let filter = Filter { endpoint: Some(endpoint.id), state, ..Filter::default() };
        Ok::<_, anyhow::Error>(deliveries::list(conn, &tenant.id, &filter, limit)?)
    });
    for row in rows.await? {
        let attempts = row.attempts;
        output::line(format_args!(
            "{}  {:9}  {attempts} attempts  {} of {} ({})",
            row.id, row.state, row.event_type, row.resource_id, row.event_id
        ));
    }
    Ok(())
}

async fn show(ctx: &Context, tenant: String, id: DeliveryId) -> anyhow::Result<()> {
    let (row, attempts) = ctx
        .db
        .read(move |conn| {
            let tenant = find(conn, &tenant)?;
            let row = deliveries::get(conn, &tenant.id, &id)?.ok_or_else(|| no_delivery(&id))?;
            Ok::<_, anyhow::Error>((row, deliveries::attempts(conn, &id)?))
        })
        .await?;
    output::line(format_args!("{}  {}  to {}  of {}", row.id, row.state, row.endpoint_id, row.event_id));
    for attempt in attempts {
        let status = attempt.status.map(|status| status.to_string());
        let outcome = status.or(attempt.error).unwrap_or_default();
        output::line(format_args!("{}  {} ms  {outcome}", attempt.at, attempt.latency_ms));
    }
    Ok(())
}

async fn resend(ctx: &Context, tenant: String, id: DeliveryId) -> anyhow::Result<()> {
    ctx.db
        .transaction(move |conn| {
            let (now, tenant) = (db::now(conn)?, find(conn, &tenant)?);
            let row = deliveries::get(conn, &tenant.id, &id)?.ok_or_else(|| no_delivery(&id))?;
            hold_enabled(conn, &tenant, &row.endpoint_id)?;
            deliveries::resend(conn, &tenant.id, &id, now)?.ok_or_else(|| no_delivery(&id))?;
            log(conn, &tenant, "webhook_delivery.resend", id.as_str(), now)
        })
        .await
}

async fn recover(ctx: &Context, tenant: String, id: EndpointId, since: Timestamp) -> anyhow::Result<()> {
    let days = ctx.config.webhooks.kept_days;
    let kept = Duration::from_secs(days.saturating_mul(86_400));
    let begin = move |conn: &mut Conn| {
        let (now, tenant) = (db::now(conn)?, find(conn, &tenant)?);
        hold_enabled(conn, &tenant, &id)?;
        if since < now.minus(kept) {
            bail!(
                "failed to recover since {since}: what was delivered more than {days} days ago is not known any more and \
                 would be sent again; name a later time"
            );
        }
        log(conn, &tenant, "webhook_endpoint.recover", id.as_str(), now)?;
        deliveries::wake(conn, &id, now)?;
        Ok::<_, anyhow::Error>(Recovery::new(tenant.id, id, since, now))
    };
    let mut recovery = ctx.db.transaction(begin).await?;
    while !recovery.is_done {
        let part = move |conn: &mut Conn| {
            let now = db::now(conn)?;
            recovery.advance(conn, PAGE, now)
        };
        recovery = ctx.db.transaction(part).await?;
    }
    output::line(format_args!("{} events are on their way", recovery.recovered));
    Ok(())
}

async fn test(ctx: &Context, tenant: String, id: EndpointId) -> anyhow::Result<()> {
    let (event, delivery) = ctx
        .db
        .transaction(move |conn| {
            let (now, tenant) = (db::now(conn)?, find(conn, &tenant)?);
            let endpoint = hold_enabled(conn, &tenant, &id)?;
            let sent = endpoints::test(conn, &endpoint, now)?;
            log(conn, &tenant, "webhook_endpoint.test", id.as_str(), now)?;
            Ok::<_, anyhow::Error>(sent)
        })
        .await?;
    output::line(format_args!("{event}  {delivery}"));
    Ok(())
}

fn find(conn: &mut Conn, name: &str) -> anyhow::Result<Tenant> {
    tenants::by_name(conn, name)?
        .ok_or_else(|| anyhow!("failed to find the tenant `{name}`: `idv tenants list` names them"))
}

/// The tenant's endpoint.
fn find_endpoint(conn: &mut Conn, tenant: &Tenant, id: &EndpointId) -> anyhow::Result<Endpoint> {
    endpoints::get(conn, &tenant.id, id)?.ok_or_else(|| no_endpoint(id))
}

/// The tenant's endpoint, which nobody else changes until the transaction ends. Fails if it is disabled.
fn hold_enabled(conn: &mut Conn, tenant: &Tenant, id: &EndpointId) -> anyhow::Result<Endpoint> {
    let endpoint = endpoints::hold(conn, &tenant.id, id)?.ok_or_else(|| no_endpoint(id))?;
    if endpoint.status == EndpointStatus::Disabled {
        bail!("failed to send to the endpoint `{id}`: it is disabled; enable it over HTTP first");
    }
    Ok(endpoint)
}

fn no_endpoint(id: &EndpointId) -> anyhow::Error {
    anyhow!("failed to find the endpoint `{id}`: `idv webhooks list` names them")
}

fn no_delivery(id: &DeliveryId) -> anyhow::Error {
    anyhow!("failed to find the delivery `{id}`: `idv webhooks deliveries ENDPOINT` names them")
}

fn log(conn: &mut Conn, tenant: &Tenant, action: &str, resource: &str, now: Timestamp) -> anyhow::Result<()> {
    let access = Access { tenant: &tenant.id, actor: "cli", action, resource, request_id: None };
    Ok(access_log::append(conn, &access, now)?)
}

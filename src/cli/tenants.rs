//! `idv tenants`: the owners of keys and verifications.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use idv_common::db::{self, tenants};
use idv_common::domain::{Receivers, TenantId};
use idv_common::{Config, Context};

use super::output;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Create a tenant.
    Create {
        /// Its name.
        name: String,
    },
    /// List all tenants and how long their data is kept.
    List,
    /// Set how many days personal data is kept after a verification is settled.
    Retention {
        /// The tenant.
        name: String,
        /// The uploaded images.
        #[arg(long)]
        captures: Option<u32>,
        /// What the steps found, face templates among it.
        #[arg(long)]
        evidence: Option<u32>,
        /// The reports with the document's fields.
        #[arg(long)]
        reports: Option<u32>,
        /// The results of comparisons.
        #[arg(long)]
        comparisons: Option<u32>,
    },
    /// Say where a tenant's webhooks may go besides public addresses over https, and print what holds.
    Receivers {
        /// The tenant.
        name: String,
        /// A network that is allowed although it is not public, such as 10.1.0.0/16; may be given several times.
        #[arg(long, value_name = "CIDR")]
        allow_network: Vec<ipnet::IpNet>,
        /// Allow http, which lets everybody on the way read what is sent.
        #[arg(long)]
        allow_http: bool,
        /// Take back first what was allowed.
        #[arg(long)]
        clear: bool,
    },
}

/// Runs `idv tenants`.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let ctx = Context::connect(config).await?;
        match args.action {
            Action::Create { name } => create(&ctx, name).await?,
            Action::List => list(&ctx).await?,
            Action::Retention { name, captures, evidence, reports, comparisons } => {
                let days = [captures, evidence, reports, comparisons];
                set_retention(&ctx, name, days).await?;
            }
            Action::Receivers { name, allow_network, allow_http, clear } => {
                let more = Receivers { networks: allow_network, http: allow_http };
                set_receivers(&ctx, name, more, clear).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn create(ctx: &Context, name: String) -> anyhow::Result<()> {
    let keyring = ctx.keyring.clone();
    let id = ctx
        .db
        .transaction(move |conn| {
            let id = TenantId::generate();
            let now = db::now(conn)?;
            if !tenants::insert(conn, &id, &name, &keyring.new_tenant_key(&id), now)? {
                bail!("failed to create the tenant `{name}`: the name is taken");
            }
            Ok(id)
        })
        .await?;
    output::line(id);
    Ok(())
}

async fn list(ctx: &Context) -> anyhow::Result<()> {
    for tenant in ctx.db.read(tenants::list).await? {
        let kept = tenant.retention()?;
        output::line(format_args!(
            "{}  {}  days kept: captures {}, evidence {}, reports {}, comparisons {}",
            tenant.id,
            tenant.name,
            kept.captures_days,
            kept.evidence_days,
            kept.reports_days,
            kept.comparisons_days
        ));
    }
    Ok(())
}

async fn set_retention(ctx: &Context, name: String, days: [Option<u32>; 4]) -> anyhow::Result<()> {
    ctx.db
        .transaction(move |conn| {
            let tenant = tenants::by_name(conn, &name)?.ok_or_else(|| {
                anyhow!("failed to find the tenant `{name}`: `idv tenants list` names them")
            })?;
            let mut kept = tenant.retention()?;
            let fields = [
                &mut kept.captures_days,
                &mut kept.evidence_days,
                &mut kept.reports_days,
                &mut kept.comparisons_days,
            ];
            for (field, days) in fields.into_iter().zip(days) {
                *field = days.unwrap_or(*field);
            }
            Ok::<_, anyhow::Error>(tenants::set_retention(conn, &tenant.id, &kept)?)
        })
        .await
}

async fn set_receivers(ctx: &Context, name: String, more: Receivers, clear: bool) -> anyhow::Result<()> {
    let held = ctx.db.transaction(move |conn| {
        let tenant = tenants::by_name(conn, &name)?
            .ok_or_else(|| anyhow!("failed to find the tenant `{name}`: `idv tenants list` names them"))?;
        let mut held = if clear { Receivers::default() } else { tenants::receivers(conn, &tenant.id)? };
        held.http |= more.http;
        held.networks.extend(more.networks);
        held.networks.sort();
        held.networks.dedup();
        tenants::set_receivers(conn, &tenant.id, &held)?;
        Ok::<_, anyhow::Error>(held)
    });
    let held = held.await?;
    for network in &held.networks {
        output::line(format_args!("allowed: {network}"));
    }
    let schemes = if held.http { "http and https" } else { "https" };
    output::line(format_args!("allowed: public addresses, over {schemes}"));
    Ok(())
}

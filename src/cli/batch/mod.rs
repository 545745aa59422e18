//! `idv batch`: many verifications at once, imported from files or looked at again.

mod change;
mod diff;
mod folder;
mod follow;
mod import;
mod manifest;
mod reprocess;
mod show;

use std::process::ExitCode;

use anyhow::anyhow;
use idv_common::context::DEFAULT_TENANT;
use idv_common::db::access_log::{self, Access};
use idv_common::db::batches::{self, Batch, Wish};
use idv_common::db::{self, Conn, tenants};
use idv_common::domain::{BatchId, TenantId};
use idv_common::{Config, Context};

use super::shutdown;

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
    /// Make a verification of each document and selfie in a folder.
    Import(import::Args),
    /// Take another look at verifications.
    Reprocess(Box<reprocess::Args>),
    /// List batches, newest first.
    List(show::ListArgs),
    /// Show a batch and how far it has come.
    Show(show::ShowArgs),
    /// List a batch's items, each with its result.
    Items(show::ItemArgs),
    /// Begin no item until it is resumed.
    Pause(Named),
    /// Go on with a batch that is paused.
    Resume(Named),
    /// Call off whatever of a batch has not ended.
    Cancel(Named),
    /// Tell what a reprocessing changes, or would change.
    Diff(diff::Args),
}

#[derive(clap::Args)]
struct Named {
    /// The batch's id, `bat_…`.
    id: BatchId,
}

/// Runs `idv batch`.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(async {
        let ctx = Context::connect(config).await?;
        let tenant = find_tenant(&ctx, args.tenant.clone()).await?;
        let desk = Desk { ctx, tenant, tenant_name: args.tenant };
        match args.action {
            Action::Import(args) => import::run(&desk, args, shutdown::on_signal()?).await,
            Action::Reprocess(args) => reprocess::run(&desk, *args, shutdown::on_signal()?).await,
            Action::List(args) => show::list(&desk, &args).await,
            Action::Show(args) => show::show(&desk, &args).await,
            Action::Items(args) => show::items(&desk, &args).await,
            Action::Pause(Named { id }) => change::run(&desk, id, Wish::Pause).await,
            Action::Resume(Named { id }) => change::run(&desk, id, Wish::Resume).await,
            Action::Cancel(Named { id }) => change::run(&desk, id, Wish::Cancel).await,
            Action::Diff(args) => diff::run(&desk, &args).await,
        }
    });
    // What is still under way then is found again by whoever resumes.
    runtime.shutdown_background();
    ended
}

/// What every action works with.
struct Desk {
    ctx: Context,
    tenant: TenantId,
    tenant_name: String,
}

impl Desk {
    /// The tenant's batch of that id.
    async fn find(&self, id: &BatchId) -> anyhow::Result<Batch> {
        let (tenant, wanted) = (self.tenant.clone(), id.clone());
        let found = self.ctx.db.read(move |conn| batches::get(conn, &tenant, &wanted)).await?;
        found.ok_or_else(|| not_found(id))
    }
}

fn not_found(id: &BatchId) -> anyhow::Error {
    anyhow!("failed to find the batch `{id}`: `idv batch list` names a tenant's batches")
}

async fn find_tenant(ctx: &Context, name: String) -> anyhow::Result<TenantId> {
    let keyring = ctx.keyring.clone();
    let find = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        if name == DEFAULT_TENANT {
            return Ok(idv_common::context::default_tenant(conn, &keyring, now)?);
        }
        let tenant = tenants::by_name(conn, &name)?;
        tenant
            .map(|tenant| tenant.id)
            .ok_or_else(|| anyhow!("failed to find the tenant `{name}`: `idv tenants list` names them"))
    };
    ctx.db.transaction(find).await
}

/// Notes what was done to a batch.
fn log(conn: &mut Conn, tenant: &TenantId, action: &str, id: &BatchId) -> Result<(), db::Error> {
    let access = Access { tenant, actor: "cli", action, resource: id.as_str(), request_id: None };
    let now = db::now(conn)?;
    access_log::append(conn, &access, now)
}

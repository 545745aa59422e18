//! `idv report`: counts and times of verifications, and their export.

mod export;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use idv_common::db::report::{Range, summarize};
use idv_common::db::{self, tenants};
use idv_common::domain::{TenantId, Timestamp};
use idv_common::{Config, Context};

use super::{keys, output};

/// What a report is about if nothing is said.
const DEFAULT: Duration = Duration::from_secs(30 * 86_400);

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only this tenant's verifications; everybody's if left out.
    #[arg(long)]
    tenant: Option<String>,
    /// Only those made on this day or later, UTC; 30 days before the end if left out.
    #[arg(long, value_name = "DATE")]
    from: Option<Timestamp>,
    /// Only those made before this day; until now if left out.
    #[arg(long, value_name = "DATE")]
    before: Option<Timestamp>,
    /// Print the report as JSON.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Write one line per verification to this file instead.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// With --csv: write references and what was read on documents too; each is noted in the access log.
    #[arg(long, requires = "csv")]
    with_personal_data: bool,
}

/// Runs `idv report`.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let ctx = Context::connect(config).await?;
        let tenants = tenants_of(&ctx, args.tenant).await?;
        let before = match args.before {
            Some(before) => before,
            None => ctx.db.read(db::now).await?,
        };
        let range = Range { from: args.from.unwrap_or(before.minus(DEFAULT)), before };
        if let Some(path) = &args.csv {
            let count = export::run(&ctx, &tenants, range, path, args.with_personal_data).await?;
            output::line(format_args!("Wrote {count} verifications to {}.", path.display()));
            return Ok(ExitCode::SUCCESS);
        }
        let summary = summarize(&ctx.db, &tenants, range).await?;
        match args.json {
            true => output::json(&summary)?,
            false => table::print(&summary),
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn tenants_of(ctx: &Context, name: Option<String>) -> anyhow::Result<Vec<TenantId>> {
    let read = move |conn: &mut db::Conn| match name {
        Some(name) => Ok::<_, anyhow::Error>(vec![keys::find(conn, &name)?.id]),
        None => Ok(tenants::list(conn)?.into_iter().map(|tenant| tenant.id).collect()),
    };
    ctx.db.read(read).await
}

//! `idv jobs`: what was given up, why, and driving it again.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use idv_common::db::access_log::{self, Access};
use idv_common::db::jobs::{self, Filter, Job, Refused};
use idv_common::db::{self, Conn};
use idv_common::domain::{JobId, JobKind, JobState, TenantId};
use idv_common::{Config, Context};
use serde_json::json;

use super::{keys, output};

/// How many jobs are read or driven again at once.
const BATCH: i64 = 100;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    /// Only this tenant's; everybody's if left out.
    #[arg(long, global = true)]
    tenant: Option<String>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List jobs, newest first.
    List {
        /// Only those in this state: queued, running, done, dead, canceled; or `all`.
        #[arg(long, default_value = "dead")]
        state: String,
        /// Only those of this kind, such as verify.
        #[arg(long)]
        kind: Option<JobKind>,
        /// At most this many.
        #[arg(long, default_value_t = 100)]
        limit: i64,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Show a job and every attempt that failed.
    Show {
        /// The job's id, `job_…`.
        id: JobId,
    },
    /// Run dead jobs again, once the cause of their failures is mended.
    Redrive {
        /// The job's id, `job_…`.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<JobId>,
        /// All dead jobs.
        #[arg(long)]
        all: bool,
        /// With --all: only those of this kind.
        #[arg(long, requires = "all")]
        kind: Option<JobKind>,
    },
    /// Give a dead job up for good.
    Discard {
        /// The job's id, `job_…`.
        id: JobId,
    },
}

/// Runs `idv jobs`.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let ctx = Context::connect(config).await?;
        let tenant = match args.tenant {
            Some(name) => Some(ctx.db.read(move |conn| keys::find(conn, &name)).await?.id),
            None => None,
        };
        match args.action {
            Action::List { state, kind, limit, json } => {
                let state = if state == "all" { None } else { Some(state.parse()?) };
                list(&ctx, Filter { tenant, state, kind, starting_after: None }, limit, json).await?;
            }
            Action::Show { id } => show(&ctx, tenant, id).await?,
            Action::Redrive { id: Some(id), .. } => redrive(&ctx, tenant, id).await?,
            Action::Redrive { kind, .. } => redrive_all(&ctx, tenant, kind).await?,
            Action::Discard { id } => discard(&ctx, tenant, id).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn list(ctx: &Context, filter: Filter, limit: i64, as_json: bool) -> anyhow::Result<()> {
    let jobs = ctx.db.read(move |conn| jobs::list(conn, &filter, limit)).await?;
    for job in &jobs {
        if as_json {
            output::json(&to_json(job))?;
            continue;
        }
        let (id, kind, state) = (&job.id, job.kind, job.state);
        let end = job.finished_at.unwrap_or(job.run_at);
        output::line(format_args!("{id}  {kind:<12}  {state:<8}  {end}"));
        let attempts = job.attempts + job.crashes;
        if let Some(cause) = job.last_error.as_ref().filter(|_| attempts > 0) {
            output::line(format_args!("    after {attempts} attempts: {cause}"));
        }
    }
    if jobs.is_empty() && !as_json {
        output::line("none");
    }
    Ok(())
}

fn to_json(job: &Job) -> serde_json::Value {
    json!({
        "id": job.id, "tenant_id": job.tenant_id, "kind": job.kind, "queue": job.queue, "state": job.state,
        "subject_id": job.subject_id, "verification_id": job.verification_id, "attempts": job.attempts,
        "crashes": job.crashes, "last_error": job.last_error, "worker_id": job.worker_id,
        "created_at": job.created_at, "run_at": job.run_at, "claimed_at": job.claimed_at,
        "finished_at": job.finished_at,
    })
}

async fn show(ctx: &Context, tenant: Option<TenantId>, id: JobId) -> anyhow::Result<()> {
    let read = move |conn: &mut Conn| {
        let job = jobs::get(conn, tenant.as_ref(), &id)?.ok_or_else(|| anyhow!(Refused::NotFound(id)))?;
        let history = jobs::history(conn, &job.id)?;
        Ok::<_, anyhow::Error>((job, history))
    };
    let (job, history) = ctx.db.read(read).await?;
    let time = |at: Option<idv_common::domain::Timestamp>| at.map_or("-".to_owned(), |at| at.to_string());
    for (name, value) in [
        ("job", job.id.to_string()),
        ("tenant", job.tenant_id.to_string()),
        ("kind", format!("{} in the queue {}", job.kind, job.queue)),
        ("about", job.subject_id),
        ("verification", job.verification_id.map_or("-".to_owned(), String::from)),
        ("state", job.state.to_string()),
        ("attempts", format!("{}, and {} crashes", job.attempts, job.crashes)),
        ("created", job.created_at.to_string()),
        ("last taken", time(job.claimed_at)),
        ("finished", time(job.finished_at)),
    ] {
        output::line(format_args!("{name:<13} {value}"));
    }
    for failure in history {
        let worker = failure.worker_id.map_or("-".to_owned(), String::from);
        output::line(format_args!("{}  {worker}\n    {}", failure.at, failure.cause));
    }
    Ok(())
}

async fn redrive(ctx: &Context, tenant: Option<TenantId>, id: JobId) -> anyhow::Result<()> {
    let job = ctx.db.transaction(move |conn| redrive_in(conn, tenant.as_ref(), &id)).await?;
    // A server's relay publishes it: in embedded mode this process's queue is nobody's.
    output::line(format_args!("Redriven {}.", job.id));
    Ok(())
}

fn redrive_in(conn: &mut Conn, tenant: Option<&TenantId>, id: &JobId) -> Result<Job, Refused> {
    let now = db::now(conn)?;
    let job = jobs::drive_again(conn, tenant, id, now)?;
    log(conn, &job, "job.redrive")?;
    Ok(job)
}

async fn redrive_all(ctx: &Context, tenant: Option<TenantId>, kind: Option<JobKind>) -> anyhow::Result<()> {
    let (mut redriven, mut stuck) = (0, 0);
    let mut filter = Filter { tenant, state: Some(JobState::Dead), kind, starting_after: None };
    loop {
        let wanted = filter.clone();
        let some = move |conn: &mut Conn| {
            let (mut driven, mut refused, mut last) = (0, Vec::new(), None);
            for job in jobs::list(conn, &wanted, BATCH)? {
                match redrive_in(conn, wanted.tenant.as_ref(), &job.id) {
                    Ok(_) => driven += 1,
                    Err(Refused::Database(error)) => return Err(error),
                    Err(why) => refused.push(format!("{}: {why}", job.id)),
                }
                last = Some(job.id);
            }
            Ok::<_, db::Error>((driven, refused, last))
        };
        let (driven, refused, last) = ctx.db.transaction(some).await?;
        redriven += driven;
        stuck += refused.len();
        for line in refused {
            output::progress(line);
        }
        match last {
            Some(last) => filter.starting_after = Some(last),
            None => break,
        }
    }
    output::line(format_args!("Redriven {redriven}; {stuck} cannot come to anything and stay dead."));
    Ok(())
}

async fn discard(ctx: &Context, tenant: Option<TenantId>, id: JobId) -> anyhow::Result<()> {
    let discard = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let job = jobs::discard(conn, tenant.as_ref(), &id, now)?;
        log(conn, &job, "job.discard")?;
        Ok::<_, Refused>(job)
    };
    match ctx.db.transaction(discard).await {
        Ok(job) => output::line(format_args!("Discarded {}.", job.id)),
        Err(why) => bail!(why),
    }
    Ok(())
}

fn log(conn: &mut Conn, job: &Job, action: &str) -> Result<(), db::Error> {
    let access =
        Access { tenant: &job.tenant_id, actor: "cli", action, resource: job.id.as_str(), request_id: None };
    let now = db::now(conn)?;
    access_log::append(conn, &access, now)
}

//! `idv reviews`: a person decides what no run could.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::anyhow;
use idv_common::context::DEFAULT_TENANT;
use idv_common::crypto::SealedRow;
use idv_common::db::access_log::{self, Access};
use idv_common::db::decisions::{self, Decision};
use idv_common::db::reviews::{self, Filter, NewNote, NewReview, Refused, Review};
use idv_common::db::{self, Conn};
use idv_common::domain::{
    NoteId, NoteText, ReasonCode, Reviewer, Standing, TenantId, Verdict, VerificationId,
};
use idv_common::{Config, Context};

use super::{keys, output};

/// How many rows are read at once.
const PAGE: i64 = 100;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    /// The tenant.
    #[arg(long, global = true, default_value = DEFAULT_TENANT)]
    tenant: String,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List what waits for a person, oldest first.
    List {
        /// Only those that nobody has claimed.
        #[arg(long)]
        unclaimed: bool,
        /// Only those that this reviewer has claimed.
        #[arg(long)]
        reviewer: Option<Reviewer>,
    },
    /// Show who decided what about a verification, and what reviewers wrote.
    Show {
        /// The verification's id, `ver_…`.
        id: VerificationId,
    },
    /// Keep a verification from other reviewers, or prolong that.
    Claim(Opinion),
    /// Decide that a verification is verified; claims it first.
    Approve(Opinion),
    /// Decide that a verification is rejected; claims it first.
    Reject {
        #[command(flatten)]
        opinion: Opinion,
        /// Why: a reason code, such as face_mismatch; may be repeated.
        #[arg(long = "reason", required = true)]
        reasons: Vec<ReasonCode>,
    },
}

#[derive(clap::Args)]
struct Opinion {
    /// The verification's id, `ver_…`.
    id: VerificationId,
    /// Who decides.
    #[arg(long)]
    reviewer: Reviewer,
    /// What to note about it.
    #[arg(long)]
    note: Option<NoteText>,
}

/// Runs `idv reviews`.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let ctx = Context::connect(config).await?;
        let name = args.tenant;
        let tenant = ctx.db.read(move |conn| keys::find(conn, &name)).await?.id;
        match args.action {
            Action::List { unclaimed, reviewer } => {
                list(&ctx, tenant, Filter { unclaimed, reviewer, starting_after: None }).await?;
            }
            Action::Show { id } => show(&ctx, tenant, id).await?,
            Action::Claim(opinion) => act(&ctx, tenant, opinion, None).await?,
            Action::Approve(opinion) => {
                act(&ctx, tenant, opinion, Some((Verdict::Verified, Vec::new()))).await?;
            }
            Action::Reject { opinion, reasons } => {
                act(&ctx, tenant, opinion, Some((Verdict::Rejected, reasons))).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn list(ctx: &Context, tenant: TenantId, mut filter: Filter) -> anyhow::Result<()> {
    let mut count = 0;
    loop {
        let (tenant, wanted) = (tenant.clone(), filter.clone());
        let read = move |conn: &mut Conn| {
            let now = db::now(conn)?;
            reviews::queue(conn, &tenant, &wanted, PAGE, now)
        };
        let page = ctx.db.read(read).await?;
        let Some(last) = page.last() else { break };
        filter.starting_after = Some(last.verification.id.clone());
        count += page.len();
        for review in &page {
            print(review)?;
        }
    }
    if count == 0 {
        output::line("none");
    }
    Ok(())
}

fn print(review: &Review) -> anyhow::Result<()> {
    let row = &review.verification;
    let since = row.settled_at.unwrap_or(row.updated_at);
    let claim = review.claim.as_ref().map_or_else(String::new, |claim| {
        format!("  claimed by {} until {}", claim.reviewer, claim.claimed_until)
    });
    output::line(format_args!("{}  since {since}{claim}", row.id));
    for decision in review.decision.iter().chain(&review.proposals) {
        output::line(format_args!("    {}", said(decision)?));
    }
    Ok(())
}

/// Who decided what, and why.
fn said(decision: &Decision) -> anyhow::Result<String> {
    let who = decision.reviewer.as_deref().unwrap_or("the run");
    let verb = if decision.standing == Standing::Final { "decided" } else { "proposed" };
    let reasons: Vec<&str> = decision.reasons()?.iter().map(|reason| reason.as_str()).collect();
    let because = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
    Ok(format!("{who} {verb} {}{because}", decision.verdict))
}

async fn show(ctx: &Context, tenant: TenantId, id: VerificationId) -> anyhow::Result<()> {
    let keyring = ctx.keyring.clone();
    let read = move |conn: &mut Conn| {
        let now = db::now(conn)?;
        let review =
            reviews::get(conn, &tenant, &id, now)?.ok_or_else(|| anyhow!(Refused::NotFound(id.clone())))?;
        let key = keyring.tenant(conn, &tenant)?;
        let mut notes = Vec::new();
        for note in reviews::notes(conn, &id, None, i64::MAX)? {
            let text = note.sealed().open(&key, &reviews::seal_context(&note.id))?;
            notes.push((note.created_at, note.author, String::from_utf8(text)?));
        }
        if !notes.is_empty() {
            log(conn, &tenant, &id, "review.notes.read")?;
        }
        Ok::<_, anyhow::Error>((review, decisions::list(conn, &id)?, notes))
    };
    let (review, history, notes) = ctx.db.transaction(read).await?;
    let row = &review.verification;
    output::line(format_args!("{}  {}  version {}", row.id, row.status, row.version));
    if let Some(claim) = &review.claim {
        output::line(format_args!("claimed by {} until {}", claim.reviewer, claim.claimed_until));
    }
    for decision in &history {
        output::line(format_args!("{}  {}", decision.created_at, said(decision)?));
    }
    for (at, author, text) in notes {
        output::line(format_args!("{at}  {author} noted: {text}"));
    }
    Ok(())
}

/// Claims a verification and, if there is a verdict, decides it, in one transaction.
async fn act(
    ctx: &Context,
    tenant: TenantId,
    opinion: Opinion,
    verdict: Option<(Verdict, Vec<ReasonCode>)>,
) -> anyhow::Result<()> {
    let (keyring, config) = (ctx.keyring.clone(), ctx.config.clone());
    let act = move |conn: &mut Conn| {
        let Opinion { id, reviewer, note } = &opinion;
        let now = db::now(conn)?;
        let until = now.plus(Duration::from_secs(config.review.claim_s.max(1)));
        reviews::claim(conn, &tenant, id, reviewer, until, now)?;
        log(conn, &tenant, id, "review.claim")?;
        let key = keyring.tenant(conn, &tenant)?;
        let note_id = NoteId::generate();
        let body = note
            .as_ref()
            .map(|text| SealedRow::seal(&key, text.expose().as_bytes(), &reviews::seal_context(&note_id)));
        let new_note = body.as_ref().map(|body| NewNote {
            id: &note_id,
            tenant: &tenant,
            verification: id,
            author: reviewer,
            body,
        });
        let Some((verdict, reasons)) = &verdict else {
            if let Some(note) = &new_note {
                reviews::add_note(conn, note, now)?;
            }
            return Ok(format!("Claimed {id} until {until}."));
        };
        let review = NewReview {
            tenant: &tenant,
            verification: id,
            reviewer,
            verdict: *verdict,
            reasons,
            note: new_note,
            two_reviewers: config.review.two_reviewers,
        };
        let decided = reviews::decide(conn, &review, now)?;
        log(conn, &tenant, id, "review.decide")?;
        Ok::<_, anyhow::Error>(match decided.standing {
            Standing::Final => format!("Decided: {id} is {verdict}."),
            Standing::Proposed => format!("Proposed: {id} needs another reviewer."),
        })
    };
    output::line(ctx.db.transaction(act).await?);
    Ok(())
}

fn log(conn: &mut Conn, tenant: &TenantId, id: &VerificationId, action: &str) -> Result<(), db::Error> {
    let access = Access { tenant, actor: "cli", action, resource: id.as_str(), request_id: None };
    let now = db::now(conn)?;
    access_log::append(conn, &access, now)
}

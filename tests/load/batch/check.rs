//! What the database says of an import: everything once.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use idv_common::db::batches::Batch;
use idv_common::db::schema::{batch_items, events, jobs, runs, verifications};
use idv_common::db::{self, Conn};
use idv_common::domain::{BatchStatus, TenantId};

use crate::figures::Goals;
use crate::site::Site;

/// Counts what an import of `items` has left behind, prints it, and expects each thing once.
pub(crate) async fn import(
    site: &Site,
    batch: &Batch,
    items: usize,
    goals: &mut Goals,
) -> anyhow::Result<()> {
    let (tenant, id) = (site.tenant.clone(), batch.id.clone());
    let found = site.ctx.db.read(move |conn| Found::read(conn, &tenant, id.as_str())).await?;
    println!("\n| | count |\n|---|---|");
    for (status, count) in &found.statuses {
        println!("| verifications `{status}` | {count} |");
    }
    for (state, count) in &found.states {
        println!("| items `{state}` | {count} |");
    }
    println!("| verifications named by items | {} |", found.named);
    println!("| runs, all decided | {} of {} |", found.decided, found.runs);
    println!("| verifications among them | {} |", found.of_verifications);
    println!("| dead jobs | {} |", found.dead);
    let verifications: usize = found.statuses.values().sum();
    let done = found.states.get("done").copied().unwrap_or(0);
    goals.expect(batch.status == BatchStatus::Completed, || format!("the import is {}", batch.status));
    for (what, count) in [
        ("items", found.states.values().sum()),
        ("items that are done", done),
        ("verifications", verifications),
        ("verifications of items", found.named),
        ("runs", found.runs),
        ("decided runs", found.decided),
        ("verifications with a decided run", found.of_verifications),
    ] {
        goals.expect(count == items, || format!("{count} {what} instead of {items}"));
    }
    goals.expect(found.dead == 0, || format!("{} jobs were given up", found.dead));
    Ok(())
}

struct Found {
    statuses: BTreeMap<String, usize>,
    states: BTreeMap<String, usize>,
    named: usize,
    runs: usize,
    decided: usize,
    of_verifications: usize,
    dead: i64,
}

impl Found {
    fn read(conn: &mut Conn, tenant: &TenantId, batch: &str) -> Result<Self, db::Error> {
        let statuses: Vec<String> = verifications::table
            .filter(verifications::tenant_id.eq(tenant.as_str()))
            .select(verifications::status)
            .load(conn)?;
        let items: Vec<(String, Option<String>)> = batch_items::table
            .filter(batch_items::batch_id.eq(batch))
            .select((batch_items::state, batch_items::verification_id))
            .load(conn)?;
        let runs: Vec<(String, Option<String>)> = runs::table
            .filter(runs::tenant_id.eq(tenant.as_str()))
            .select((runs::verification_id, runs::verdict))
            .load(conn)?;
        let decided: Vec<&String> =
            runs.iter().filter(|(_, verdict)| verdict.is_some()).map(|(id, _)| id).collect();
        let dead = jobs::table.filter(jobs::state.eq("dead")).count().get_result(conn)?;
        Ok(Self {
            statuses: tally(statuses),
            named: items.iter().filter_map(|(_, id)| id.as_ref()).collect::<BTreeSet<_>>().len(),
            states: tally(items.iter().map(|(state, _)| state.clone())),
            runs: runs.len(),
            of_verifications: decided.iter().collect::<BTreeSet<_>>().len(),
            decided: decided.len(),
            dead,
        })
    }
}

fn tally(names: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// What a shadow run must not change: every verification's status, version and run, and how many events there are of
/// them.
pub(crate) async fn standing(site: &Site) -> anyhow::Result<(Vec<Standing>, i64)> {
    let tenant = site.tenant.clone();
    let read = move |conn: &mut Conn| {
        let rows = verifications::table
            .filter(verifications::tenant_id.eq(tenant.as_str()))
            .order(verifications::id)
            .select((
                verifications::id,
                verifications::status,
                verifications::version,
                verifications::current_run_id,
            ))
            .load(conn)?;
        let told = events::table
            .filter(events::tenant_id.eq(tenant.as_str()))
            .filter(events::resource_id.like("ver\\_%").escape('\\'))
            .count()
            .get_result(conn)?;
        Ok::<_, db::Error>((rows, told))
    };
    Ok(site.ctx.db.read(read).await?)
}

/// A verification's id, status, version and current run.
type Standing = (String, String, i64, Option<String>);

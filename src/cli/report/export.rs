//! The export: one line per verification, written page by page.

use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::Context as _;
use csv::Writer;
use idv_common::Context;
use idv_common::db::access_log::{self, Access};
use idv_common::db::report::{Entry, Range, page};
use idv_common::db::runs::{self, Run};
use idv_common::db::{self, Conn};
use idv_common::domain::{FieldName, Report, TenantId};
use idv_common::keyring::Keyring;

/// The columns without personal data.
const COLUMNS: [&str; 11] = [
    "id",
    "tenant_id",
    "status",
    "created_at",
    "settled_at",
    "attempts",
    "verdict",
    "reasons",
    "decided_by",
    "policy",
    "latency_ms",
];

/// Writes the verifications of a range to a file that only its owner may read. Returns how many.
pub(super) async fn run(
    ctx: &Context,
    tenants: &[TenantId],
    range: Range,
    path: &Path,
    with_personal_data: bool,
) -> anyhow::Result<usize> {
    let failed = || format!("failed to write `{}`: is the folder there and writable?", path.display());
    let mut writer = Writer::from_writer(create(path).with_context(failed)?);
    let mut columns: Vec<&str> = COLUMNS.to_vec();
    if with_personal_data {
        columns.push("client_reference");
        columns.extend(FieldName::ALL.iter().map(|name| name.as_str()));
    }
    writer.write_record(&columns).with_context(failed)?;
    let mut count = 0;
    for tenant in tenants {
        let mut last = None;
        loop {
            let (tenant, keyring, after) = (tenant.clone(), ctx.keyring.clone(), last.take());
            let read = move |conn: &mut Conn| {
                let entries = page(conn, &tenant, range, after.as_ref())?;
                let lines = entries.iter().map(|entry| match with_personal_data {
                    true => full_line(conn, &keyring, entry),
                    false => line(entry),
                });
                let lines: Vec<_> = lines.collect::<anyhow::Result<_>>()?;
                Ok::<_, anyhow::Error>((lines, entries.into_iter().last().map(|entry| entry.verification)))
            };
            // Nothing is written to the database unless accesses have to be noted.
            let (lines, end) = match with_personal_data {
                true => ctx.db.transaction(read).await?,
                false => ctx.db.read(read).await?,
            };
            for line in &lines {
                writer.write_record(line.iter().map(|cell| defused(cell))).with_context(failed)?;
            }
            count += lines.len();
            match end {
                Some(end) => last = Some(end),
                None => break,
            }
        }
    }
    writer.flush().with_context(failed)?;
    Ok(count)
}

fn create(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // It may have been there before.
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// A cell that no spreadsheet takes for a formula.
fn defused(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

fn line(entry: &Entry) -> anyhow::Result<Vec<String>> {
    let row = &entry.verification;
    let decision = entry.decision.as_ref();
    let reasons = match decision {
        Some(decision) => decision.reasons()?.iter().map(|reason| reason.as_str()).collect(),
        None => Vec::new(),
    };
    let run = entry.run();
    let policy = run.and_then(|run| Some(format!("{} {}", run.policy_name.as_ref()?, run.policy_version?)));
    let latency = entry.latency().map(|time| time.as_millis().to_string());
    Ok(vec![
        row.id.to_string(),
        row.tenant_id.to_string(),
        row.status.to_string(),
        row.created_at.to_string(),
        row.settled_at.map(|at| at.to_string()).unwrap_or_default(),
        row.attempts.to_string(),
        decision.map(|decision| decision.verdict.to_string()).unwrap_or_default(),
        reasons.join(" "),
        decision.map(|decision| decision.source.to_string()).unwrap_or_default(),
        policy.unwrap_or_default(),
        latency.unwrap_or_default(),
    ])
}

/// The line with what is known of the person, whose reading is noted.
fn full_line(conn: &mut Conn, keyring: &Keyring, entry: &Entry) -> anyhow::Result<Vec<String>> {
    let row = &entry.verification;
    let mut cells = line(entry)?;
    cells.push(row.client_reference.clone().unwrap_or_default());
    let run = match &row.current_run_id {
        Some(id) if row.status.is_settled() => runs::get(conn, id)?,
        _ => None,
    };
    let report: Option<Report> = match run.and_then(|run| Some((run.sealed_report()?, run))) {
        Some((sealed, run)) => {
            let key = keyring.tenant(conn, &row.tenant_id)?;
            Some(serde_json::from_slice(&sealed.open(&key, &Run::seal_context(&run.id))?)?)
        }
        None => None,
    };
    let document = report.and_then(|report| report.document).unwrap_or_default();
    let value = |name| document.fields.get(name).map(|field| field.value.0.clone()).unwrap_or_default();
    cells.extend(FieldName::ALL.iter().map(value));
    let access = Access {
        tenant: &row.tenant_id,
        actor: "cli",
        action: "verification.export",
        resource: row.id.as_str(),
        request_id: None,
    };
    let now = db::now(conn)?;
    access_log::append(conn, &access, now)?;
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(defused(cell), format!("'{cell}"));
        }
        for cell in ["", "PETERSEN", "2026-11-21", "a=b"] {
            assert_eq!(defused(cell), cell);
        }
    }
}

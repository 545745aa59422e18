//! Objects and their rows: neither is without the other.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use diesel::sql_types::Text;
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};

use super::Violation;
use crate::system::System;

/// How long the sweep, which looks every second, may take away what it should not.
const WATCHED: Duration = Duration::from_secs(4);

/// Waits until the sweep has removed what uploads left behind; what is uneven at the end breaks a rule.
pub(super) fn wait_until_even(
    system: &System,
    conn: &mut PgConnection,
    patience: Duration,
) -> anyhow::Result<Vec<Violation>> {
    let begin = Instant::now();
    loop {
        let violations = uneven(&rows(conn)?, &objects(system.servers.bucket())?);
        if begin.elapsed() > if violations.is_empty() { WATCHED } else { patience } {
            return Ok(violations);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn uneven(rows: &BTreeSet<String>, objects: &BTreeSet<String>) -> Vec<Violation> {
    let orphans = objects.difference(rows).map(|id| Violation::new("every object has its row", id, ""));
    let lost = rows.difference(objects).map(|id| Violation::new("every row has its object", id, ""));
    orphans.chain(lost).collect()
}

fn rows(conn: &mut PgConnection) -> anyhow::Result<BTreeSet<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        id: String,
    }
    let rows: Vec<Row> = sql_query("SELECT id FROM captures").load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The names of the objects below a folder. What the server keeps about them is hidden, and none of them.
fn objects(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            names.extend(objects(&entry.path())?);
        } else if !name.starts_with('.') {
            names.insert(name);
        }
    }
    Ok(names)
}

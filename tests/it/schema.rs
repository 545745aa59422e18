//! The migrations: the same in both databases, indexed, and able to go back.

use std::collections::BTreeSet;

use idv_common::db::{self, Db, Target, tenants};

use crate::harness::{block_on, root};

/// The statements of a migration file, without comments, each on one line.
fn statements(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("migrations").join(path)).unwrap();
    let code: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    code.join(" ")
        .split(';')
        .map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|statement| !statement.is_empty())
        .collect()
}

fn names(backend: &str) -> BTreeSet<String> {
    let folder = root().join("migrations").join(backend);
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// What both databases have to have in common: tables and indexes, in the words of PostgreSQL.
fn portable(backend: &str, file: &str) -> Vec<String> {
    let kept = |statement: &String| {
        ["CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE INDEX", "DROP TABLE", "ALTER TABLE"]
            .iter()
            .any(|verb| statement.starts_with(verb))
    };
    let all = names(backend).into_iter().flat_map(|name| statements(&format!("{backend}/{name}/{file}")));
    all.filter(kept).map(|statement| statement.replace("BLOB", "BYTEA")).collect()
}

#[test]
fn both_databases_have_the_same_migrations_tables_and_indexes() {
    assert_eq!(names("sqlite"), names("postgres"));
    assert_eq!(portable("sqlite", "up.sql"), portable("postgres", "up.sql"));
    assert_eq!(portable("sqlite", "down.sql"), portable("postgres", "down.sql"));
}

/// A table's columns and constraints, split at the commas outside parentheses.
fn entries(table: &str) -> Vec<String> {
    let inside = &table[table.find('(').unwrap() + 1..table.rfind(')').unwrap()];
    let (mut entries, mut depth) = (vec![String::new()], 0);
    for c in inside.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        match c {
            ',' if depth == 0 => entries.push(String::new()),
            c => entries.last_mut().unwrap().push(c),
        }
    }
    entries.iter().map(|entry| entry.trim().to_owned()).collect()
}

/// The first name in the last parentheses that are not part of a condition: `(a, b) WHERE c` gives `a`.
fn first_column(index: &str) -> String {
    let columns = index.split(" WHERE ").next().unwrap();
    let inside = &columns[columns.find('(').unwrap() + 1..columns.rfind(')').unwrap()];
    inside.split(',').next().unwrap().trim().to_owned()
}

/// Table and column of every index, primary key and unique constraint, by its first column.
fn indexed(statements: &[String]) -> BTreeSet<(String, String)> {
    let mut indexed = BTreeSet::new();
    for statement in statements {
        let words: Vec<&str> = statement.split_whitespace().collect();
        if let Some(on) =
            words.iter().position(|word| *word == "ON").filter(|_| statement.contains(" INDEX "))
        {
            indexed.insert((words[on + 1].to_owned(), first_column(statement)));
        } else if statement.starts_with("CREATE TABLE") {
            for entry in entries(statement) {
                let column = if entry.starts_with("PRIMARY KEY (") || entry.starts_with("UNIQUE (") {
                    first_column(&entry)
                } else if entry.contains(" PRIMARY KEY") || entry.contains(" UNIQUE") {
                    entry.split(' ').next().unwrap().to_owned()
                } else {
                    continue;
                };
                indexed.insert((words[2].to_owned(), column));
            }
        }
    }
    indexed
}

#[test]
fn every_foreign_key_has_an_index() {
    let statements = portable("sqlite", "up.sql");
    let indexed = indexed(&statements);
    // A table that takes another's place is made under a name that it does not keep.
    let renamed = |name: &str| {
        let rename = format!("ALTER TABLE {name} RENAME TO ");
        let kept = statements.iter().find_map(|statement| statement.strip_prefix(&rename));
        kept.unwrap_or(name).to_owned()
    };
    let mut count = 0;
    for table in statements.iter().filter(|statement| statement.starts_with("CREATE TABLE")) {
        let name = renamed(table.split_whitespace().nth(2).unwrap());
        for entry in entries(table).iter().filter(|entry| entry.contains(" REFERENCES ")) {
            let column = entry.split(' ').next().unwrap().to_owned();
            assert!(indexed.contains(&(name.clone(), column.clone())), "{name}.{column} has no index");
            count += 1;
        }
    }
    assert!(count > 10, "only {count} foreign keys were found");
}

#[test]
fn the_schema_goes_up_down_and_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let database = Db::open(&Target::Sqlite(folder.path().join("idv.sqlite")), 1).unwrap();
    block_on(async {
        let applied = database.migrate().await.unwrap();
        assert_eq!(applied.len(), names("sqlite").len());
        assert!(database.migrate().await.unwrap().is_empty(), "a second time there is nothing to do");
        for _ in &applied {
            database.revert().await.unwrap();
        }
        let gone: Result<_, db::Error> = database.read(tenants::list).await;
        assert!(gone.is_err(), "the tables are still there");
        // Whatever were left behind would be in the way now.
        assert_eq!(database.migrate().await.unwrap(), applied);
        assert!(database.read(tenants::list).await.unwrap().is_empty());
    });
}

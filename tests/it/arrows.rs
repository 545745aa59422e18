//! Who may name whom: the arrows of the architecture, read off the sources.

mod paths;

use std::path::{Path, PathBuf};

use crate::harness::root;

/// A source file of one of the packages.
struct Source {
    /// Relative to the workspace.
    file: String,
    /// The modules that it stands in.
    module: Vec<String>,
    text: String,
    paths: Vec<Vec<String>>,
}

impl Source {
    /// Whether it stands under `folder`, or is that file.
    fn is_in(&self, folder: &str) -> bool {
        self.file.starts_with(folder)
    }

    /// The paths that begin with one of `prefixes`, such as `crate::db` or `tokio`.
    fn naming<'a>(&'a self, prefixes: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        let begins = |path: &[String], prefix: &str| {
            let wanted: Vec<&str> = prefix.split("::").collect();
            path.len() >= wanted.len() && path.iter().zip(&wanted).all(|(a, b)| a == b)
        };
        self.paths
            .iter()
            .filter(move |path| prefixes.iter().any(|prefix| begins(path, prefix)))
            .map(|path| format!("{} names {}", self.file, path.join("::")))
    }
}

fn sources() -> Vec<Source> {
    ["src", "common/src", "api/src", "worker/src"].iter().flat_map(|folder| sources_of(folder)).collect()
}

fn sources_of(package: &str) -> Vec<Source> {
    rust_files(&root().join(package))
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let inside = path.strip_prefix(root().join(package)).unwrap().with_extension("");
            let mut module: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into()).collect();
            if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
                module.pop();
            }
            let file = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            Source { paths: paths::paths(&text, &module), file, module, text }
        })
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Fails with every breach at once.
#[track_caller]
fn none(breaches: impl Iterator<Item = String>) {
    let breaches: Vec<String> = breaches.collect();
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

/// Nothing outside `home` may name one of `names`.
#[track_caller]
fn only_in(home: &[&str], names: &[&str]) {
    let sources = sources();
    let strangers = sources.iter().filter(|source| !home.iter().any(|home| source.is_in(home)));
    none(strangers.flat_map(|source| source.naming(names)));
}

/// Nothing in `folder` may name one of `names`.
#[track_caller]
fn never_in(folder: &str, names: &[&str]) {
    let sources = sources();
    assert!(sources.iter().any(|source| source.is_in(folder)), "`{folder}` holds no sources");
    none(sources.iter().filter(|source| source.is_in(folder)).flat_map(|source| source.naming(names)));
}

#[test]
fn the_api_knows_no_worker_and_common_knows_neither() {
    never_in("api/src", &["idv_worker", "idv"]);
    never_in("common/src", &["idv_api", "idv_worker", "idv"]);
    never_in("worker/src", &["idv_api", "idv"]);
}

#[test]
fn inside_common_the_arrows_point_to_the_domain() {
    // What each module may name, besides itself. `context` and `outbox` stand above all others.
    let allowed: &[(&str, &[&str])] = &[
        ("domain", &["hex"]),
        ("config", &["domain"]),
        ("crypto", &[]),
        ("fault", &[]),
        ("metrics", &[]),
        ("db", &["domain", "crypto", "hex"]),
        ("blob", &["domain", "config", "crypto"]),
        ("queue", &["domain", "config"]),
        ("media", &["domain", "config", "hex"]),
        ("manifest", &["domain"]),
        ("auth", &["domain", "crypto", "hex"]),
        ("keyring", &["domain", "crypto", "db"]),
    ];
    let sources = sources_of("common/src");
    let known = |module: &str| module == "context" || module == "outbox";
    none(sources.iter().filter_map(|source| {
        let module = source.module.first()?;
        let listed = allowed.iter().any(|(name, _)| name == module) || known(module);
        (!listed).then(|| format!("{}: `{module}` is not in the list of arrows", source.file))
    }));
    none(sources.iter().flat_map(|source| {
        let own = source.module.first().cloned().unwrap_or_default();
        let may = allowed.iter().find(|(name, _)| *name == own).map(|(_, may)| *may);
        let foreign = source.paths.iter().filter(move |path| {
            // A test module's `use super::*` looks like a glob of the crate; it names no sibling.
            let sibling = path.get(1).filter(|name| path[0] == "crate" && *name != "*");
            let may_name =
                |sibling: &String| *sibling == own || may.is_none_or(|may| may.contains(&sibling.as_str()));
            sibling.is_some_and(|sibling| !may_name(sibling))
        });
        foreign.map(|path| format!("{} names {}", source.file, path.join("::"))).collect::<Vec<_>>()
    }));
}

#[test]
fn database_and_queue_do_not_know_each_other() {
    never_in("common/src/db", &["crate::queue"]);
    never_in("common/src/queue", &["crate::db"]);
}

#[test]
fn the_pipeline_sees_no_database_no_queue_and_no_runtime() {
    let outside = [
        "tokio",
        "tokio_util",
        "object_store",
        "actix_web",
        "idv_common::Context",
        "idv_common::context",
        "idv_common::db",
        "idv_common::blob",
        "idv_common::queue",
        "idv_common::outbox",
        "crate::jobs",
        "crate::consume",
        "crate::relay",
        "crate::sweep",
    ];
    never_in("worker/src/pipeline", &outside);
    never_in("worker/src/inference", &outside);
    never_in("worker/src/inference", &["crate::pipeline", "crate::video"]);
    // Measuring is no job.
    never_in("worker/src/eval", &outside);
    // The pipeline looks at clips; what decodes them knows neither models nor findings.
    never_in("worker/src/video", &outside);
    never_in("worker/src/video", &["crate::pipeline", "crate::inference"]);
}

#[test]
fn each_runtime_has_one_home() {
    only_in(&["common/src/queue"], &["lapin"]);
    only_in(&["worker/src/inference"], &["tract_onnx"]);
    only_in(&["worker/src/pipeline/barcode"], &["rxing"]);
    only_in(&["worker/src/video"], &["landlock", "seccompiler", "rustix", "libc"]);
    only_in(&["worker/src/inference/text"], &["ocrs", "rten", "rten_tensor", "rten_imageproc"]);
}

#[test]
fn the_query_builder_stays_in_the_database_layer() {
    only_in(&["common/src/db"], &["diesel", "diesel_migrations"]);
}

#[test]
fn only_the_dialect_tells_one_database_from_the_other() {
    let arm = |path: &&Vec<String>| {
        let mut ends = path.iter().rev();
        let last = ends.next().is_some_and(|end| matches!(end.as_str(), "Postgres" | "Sqlite"));
        last && ends.next().is_some_and(|owner| owner == "Conn")
    };
    let sources = sources();
    let others = sources.iter().filter(|source| source.file != "common/src/db/dialect.rs");
    none(others.flat_map(|source| {
        let arms = source.paths.iter().filter(arm);
        arms.map(|path| format!("{} names {}", source.file, path.join("::"))).collect::<Vec<_>>()
    }));
}

#[test]
fn only_the_context_looks_at_the_mode() {
    let home = ["common/src/context.rs", "common/src/db/dialect.rs"];
    only_in(&home, &["crate::db::Target", "idv_common::db::Target"]);
}

#[test]
fn the_entry_point_holds_no_logic() {
    let lines = std::fs::read_to_string(root().join("src/main.rs")).unwrap().lines().count();
    assert!(lines <= 35, "src/main.rs has {lines} lines");
}

#[test]
fn no_file_is_long() {
    let folders = ["src", "common", "api", "worker", "tests"];
    none(folders.iter().flat_map(|folder| rust_files(&root().join(folder))).filter_map(|path| {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        (lines > 450).then(|| format!("{} has {lines} lines", path.display()))
    }));
}

#[test]
fn nothing_is_printed_outside_the_command_line() {
    let sources = sources();
    let libraries = sources.iter().filter(|source| !source.is_in("src/"));
    let printing = ["println!(", "eprintln!(", "dbg!("];
    none(libraries.filter_map(|source| {
        // What a test says about itself is not the program's output.
        let code = source.text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_test = source.file.contains("tests") || source.file.ends_with("testing.rs");
        let found = printing.iter().find(|macro_| code.contains(**macro_))?;
        (!is_test).then(|| format!("{} prints with {found})", source.file))
    }));
}

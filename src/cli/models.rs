//! `idv models`: the model files.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use idv_common::Config;
use idv_worker::inference::Choice;

use super::{engine, output};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Show which model the profile uses for each role, with its licence, and what is missing.
    List,
    /// Fetch what is missing: from the mirror, from packages, from upstream. Runs `scripts/fetch-models`.
    Fetch {
        /// Ask neither packages nor upstream.
        #[arg(long)]
        offline: bool,
    },
    /// Check the SHA-256 of every file that is there.
    Verify,
}

/// Runs `idv models`.
pub(super) fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::List => list(&config),
        Action::Fetch { offline } => fetch(&config, offline),
        Action::Verify => verify(&config),
    }
}

fn list(config: &Config) -> anyhow::Result<ExitCode> {
    let selection = engine::manifest(config)?.resolve(&config.models.dir, &config.models.profile)?;
    output::line(format_args!("profile {} in {}", config.models.profile, config.models.dir.display()));
    let mut missing = false;
    for (role, choice) in &selection.roles {
        match choice {
            Choice::Chosen(chosen) => {
                let model = &chosen.model;
                output::line(format_args!(
                    "{:<16} {:<20} {}  commercial use: {}",
                    role.as_str(),
                    model.name,
                    model.license,
                    model.commercial_use.as_str()
                ));
                for problem in &chosen.passed_over {
                    output::line(format_args!("{:<16} passed over: {problem}", ""));
                }
            }
            Choice::Missing { tried } => {
                missing = true;
                output::line(format_args!("{:<16} missing", role.as_str()));
                for problem in tried {
                    output::line(format_args!("{:<16} {problem}", ""));
                }
            }
        }
    }
    Ok(if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn verify(config: &Config) -> anyhow::Result<ExitCode> {
    let mut bad = false;
    for model in &engine::manifest(config)?.models {
        let result = model.verify(&config.models.dir);
        let absent = matches!(result, Err(idv_worker::inference::FileProblem::Absent { .. }));
        bad |= result.is_err() && !absent;
        match result {
            Ok(_) => output::line(format_args!("{:<20} ok", model.name)),
            Err(_) if absent => output::line(format_args!("{:<20} not there", model.name)),
            Err(problem) => output::line(format_args!("{:<20} {problem}", model.name)),
        }
    }
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn fetch(config: &Config, offline: bool) -> anyhow::Result<ExitCode> {
    let script = fetch_script()?;
    let mut command = Command::new(&script);
    command.arg("--to").arg(&config.models.dir).arg("--profile").arg(&config.models.profile);
    if offline {
        command.arg("--offline");
    }
    let status = command
        .status()
        .with_context(|| format!("failed to run `{}`: it needs Python 3.11", script.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The script, in the working folder or where the program was built or installed.
fn fetch_script() -> anyhow::Result<PathBuf> {
    let relative = PathBuf::from("scripts/fetch-models");
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join("../share/idv/scripts/fetch-models")));
    let source = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/fetch-models"));
    match [Some(relative), beside, Some(source)].into_iter().flatten().find(|path| path.exists()) {
        Some(script) => Ok(script),
        None => bail!("failed to find `scripts/fetch-models`: run this in a checkout of the project"),
    }
}

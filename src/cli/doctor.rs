//! `idv doctor`: what is missing, and how to mend it.

use std::process::ExitCode;
use std::time::Duration;

use idv_common::{Config, Context, context};
use idv_worker::inference::{Choice, ModelRole};
use idv_worker::video::Landlock;

use super::{engine, output};

#[derive(clap::Args)]
pub(super) struct Args {}

/// Runs every check, prints a line each, and fails if something that is needed is missing.
pub(super) fn run(config: Config, _args: Args) -> anyhow::Result<ExitCode> {
    let mut healthy = true;
    let mut report = |what: &str, result: Result<String, String>| match result {
        Ok(detail) => output::line(format_args!("ok       {what:<18} {detail}")),
        Err(mend) => {
            healthy = false;
            output::line(format_args!("missing  {what:<18} {mend}"));
        }
    };
    report("policy", policy(&config));
    match engine::manifest(&config).and_then(|m| Ok(m.resolve(&config.models.dir, &config.models.profile)?)) {
        Err(error) => report("models", Err(format!("{error:#}"))),
        Ok(selection) => {
            for (role, choice) in &selection.roles {
                report(role.as_str(), model(*role, choice));
            }
        }
    }
    report("ffmpeg", ffmpeg(&config));
    let runtime = tokio::runtime::Runtime::new()?;
    match runtime.block_on(Context::connect(config)) {
        Err(error) => report("storage", Err(error.to_string())),
        Ok(ctx) => {
            let reachable = |()| "reachable".to_owned();
            let schema = runtime.block_on(ctx.wait_for_schema(Duration::ZERO));
            let current = |()| "reachable, its schema is up to date".to_owned();
            report("database", schema.map(current).map_err(|error| error.to_string()));
            let store = runtime.block_on(ctx.blobs.ping());
            report("object store", store.map(reachable).map_err(|error| error.to_string()));
            let queue = runtime.block_on(ctx.queue.ping());
            report("queue", queue.map(reachable).map_err(|error| error.to_string()));
        }
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn policy(config: &Config) -> Result<String, String> {
    let policy = context::load_policy(config).map_err(|error| error.to_string())?;
    Ok(format!("{} v{}", policy.name, policy.version))
}

/// Starts ffmpeg the way it is started for a clip.
fn ffmpeg(config: &Config) -> Result<String, String> {
    let effect = "until then clips are not decoded";
    match engine::clip_decoder(config).probe() {
        Ok(Ok(probe)) => Ok(format!(
            "{}; confined by resource limits, seccomp and {}",
            probe.version.split(" Copyright").next().unwrap_or_default(),
            match probe.landlock {
                Landlock::Full => "Landlock",
                Landlock::Partial => "an older kernel's Landlock",
                Landlock::Absent => "no Landlock, which this kernel lacks",
            }
        )),
        Ok(Err(refusal)) => Err(format!("{refusal}; {effect}")),
        Err(failure) => Err(format!("{failure}; {effect}")),
    }
}

fn model(role: ModelRole, choice: &Choice) -> Result<String, String> {
    match choice {
        Choice::Chosen(chosen) => {
            let model = &chosen.model;
            let usage = model.commercial_use.as_str();
            let fallback = if chosen.passed_over.is_empty() { "" } else { "; a fallback" };
            Ok(format!("{} ({}; commercial use: {usage}{fallback})", model.name, model.license))
        }
        Choice::Missing { tried } => {
            let why: Vec<String> = tried.iter().map(ToString::to_string).collect();
            let effect =
                if role.is_required() { "the worker does not start" } else { "its check is not run" };
            Err(format!("{}; until then {effect}", why.join("; ")))
        }
    }
}

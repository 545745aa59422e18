//! Faults that are always the same, for promises that are made in so many words.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::check;
use crate::history::History;
use crate::http::{Http, Reply};
use crate::load::{Load, Seen, Volume};
use crate::output::{row, say};
use crate::random::report;
use crate::system::{Setup, System};

/// How long the rest may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// The broker goes away: the API takes everything meanwhile, and afterwards the backlog drains by itself.
pub(crate) fn broker_down(ci: bool, folder: &Path, history: Arc<History>) -> anyhow::Result<bool> {
    let away = Duration::from_secs(if ci { 20 } else { 120 });
    let mut system = System::start(&Setup::production(20), folder, history)?;
    system.wait_until_all_ready()?;
    let load = Load::new(&system, Volume { seed: 0, rate: 10.0 });
    let (held, seen) = load.during(|load| {
        std::thread::sleep(Duration::from_secs(5));
        let (accepted, failed) = (load.accepted(), load.failed());
        system.servers.kill("rabbitmq")?;
        std::thread::sleep(away);
        let (accepted, failed) = (load.accepted() - accepted, load.failed() - failed);
        system.servers.start("rabbitmq")?;
        say(format_args!("the broker was away for {} s", away.as_secs()));
        row("accepted meanwhile", accepted);
        row("not accepted at once meanwhile", failed);
        let mut conn = system.servers.database()?;
        row("jobs that waited when it was back", check::unfinished(&mut conn)?);
        let begin = Instant::now();
        while check::unfinished(&mut conn)? > 20 && begin.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(100));
        }
        row("until the backlog had drained", format_args!("{:.1} s", begin.elapsed().as_secs_f64()));
        Ok(failed == 0 && begin.elapsed() < PATIENCE)
    })?;
    finish(&mut system, &seen, held)
}

/// A worker dies while it runs jobs: another one finishes them within 75 seconds.
pub(crate) fn worker_killed(folder: &Path, history: Arc<History>) -> anyhow::Result<bool> {
    const LIMIT: Duration = Duration::from_secs(75);
    let mut setup = Setup::production(5_000);
    setup.processes.retain(|name| *name != "verify-2");
    let mut system = System::start(&setup, folder, history)?;
    system.wait_until_all_ready()?;
    let load = Load::new(&system, Volume { seed: 0, rate: 4.0 });
    let mut conn = system.servers.database()?;
    let ((), seen) = load.during(|load| {
        while load.accepted() < 2 {
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    })?;
    let begin = Instant::now();
    while check::running(&mut conn)? == 0 {
        ensure!(begin.elapsed() < PATIENCE, "no worker took a job");
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(1));
    let held = check::running(&mut conn)?;
    system.process("verify-1")?.kill()?;
    let killed = Instant::now();
    system.add("verify-2")?;
    while check::unfinished(&mut conn)? > 0 && killed.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(50));
    }
    let took = killed.elapsed();
    row("jobs that the killed worker held", held);
    row("until another had finished them", format_args!("{:.1} s", took.as_secs_f64()));
    finish(&mut system, &seen, held > 0 && took <= LIMIT)
}

/// API processes and workers are restarted one by one: nobody sees more than a documented retry.
pub(crate) fn rolling_restart(times: u32, folder: &Path, history: Arc<History>) -> anyhow::Result<bool> {
    let mut system = System::start(&Setup::production(50), folder, history)?;
    system.wait_until_all_ready()?;
    let load = Load::new(&system, Volume { seed: 0, rate: 10.0 });
    let ((), seen) = load.during(|_| {
        let mut longest = Duration::ZERO;
        for _ in 0..times {
            for name in ["api-1", "verify-1", "relay-1", "api-2", "verify-2", "relay-2"] {
                let process = system.process(name)?;
                longest = longest.max(process.stop(Duration::from_secs(30))?);
                process.start_again()?;
                system.wait_until_all_ready()?;
                wait_for_workers(&system, 2)?;
            }
        }
        row("rounds", times);
        row("restarts", times * 6);
        row("longest time to stop", format_args!("{:.1} s", longest.as_secs_f64()));
        Ok(())
    })?;
    finish(&mut system, &seen, true)
}

/// Waits until the API knows of so many workers that verify.
fn wait_for_workers(system: &System, wanted: u64) -> anyhow::Result<()> {
    let (http, begin) = (Http::new(system.key(), Duration::from_secs(5)), Instant::now());
    loop {
        let reply = http.get(&format!("{}/readyz", system.bases()[0]));
        if matches!(&reply, Reply::Answer(answer) if answer.body["workers"] == wanted) {
            return Ok(());
        }
        ensure!(begin.elapsed() < Duration::from_secs(60), "there are not {wanted} workers: {reply:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn finish(system: &mut System, seen: &Seen, held: bool) -> anyhow::Result<bool> {
    let verdict = check::check(system, seen, PATIENCE)?;
    report(seen, &verdict);
    check::print(&verdict.violations);
    Ok(held && verdict.violations.is_empty())
}

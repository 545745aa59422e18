//! An import of specimens by two workers, with a `kill -9` of each process on the way.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use idv_common::db::batches::{self, Batch, Progress};
use idv_common::db::{self, Conn};
use idv_common::domain::BatchKind;

use crate::figures::Goals;
use crate::program::Program;
use crate::site::{Bench, Site};
use crate::{check, shadow};

/// Workers of one slot each.
const WORKERS: usize = 2;
/// How often the harness looks.
const PERIOD: Duration = Duration::from_millis(250);

/// What is killed, and when this part of the items has ended.
const KILLS: [(f64, Victim); 4] =
    [(0.15, Victim::Importer), (0.35, Victim::Worker(0)), (0.50, Victim::Api), (0.65, Victim::Worker(1))];

#[derive(Debug, Clone, Copy)]
enum Victim {
    Importer,
    Worker(usize),
    Api,
}

/// Imports, kills, checks, and takes another look in shadow mode.
pub(crate) async fn run(bench: &Bench, goals: &mut Goals) -> anyhow::Result<()> {
    let (Some(portrait), Some(selfie)) = (&bench.options.portrait, &bench.options.selfie) else {
        bail!("failed to make specimens: name two photos of a person with --portrait and --selfie");
    };
    let folder = tempfile::tempdir()?;
    let items = bench.options.items;
    let site = Site::open_with(bench, &settings(bench)).await?;
    let begun = Instant::now();
    let (count, out) = (items.to_string(), path(folder.path())?);
    site.launcher.run(&["specimen", "--count", &count, "--portrait", path(portrait)?, "--out", out])?;
    std::fs::copy(selfie, folder.path().join("selfie.jpg")).context("failed to copy the selfie")?;
    println!("{items} specimens rendered in {:.0} s.", begun.elapsed().as_secs_f64());

    let mut running = Running::start(&site, folder.path()).await?;
    let begun = Instant::now();
    let (batch, progress) = running.until_done(&site, items).await?;
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{} of {} items ended in {seconds:.0} s, {:.1} a minute, with {} kills.",
        progress.finished,
        batch.total,
        progress.finished as f64 / seconds * 60.0,
        KILLS.len()
    );
    check::import(&site, &batch, items, goals).await?;
    shadow::run(&site, &folder.path().join("strict.toml"), goals).await?;
    running.stop()?;
    site.close().await
}

fn settings(bench: &Bench) -> String {
    let models = &bench.options.models;
    // A worker that was killed is missed after lease_s + sweep_s.
    let jobs = match bench.options.ci {
        true => "[jobs]\nlease_s = 10\nheartbeat_s = 2\nsweep_s = 2\nrepublish_s = 10\n",
        false => "",
    };
    format!("[worker]\nslots = 1\n[models]\ndir = {models:?}\n{jobs}")
}

pub(crate) fn path(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("failed to use `{}`: its name is no UTF-8", path.display()))
}

/// The processes.
struct Running {
    workers: Vec<Option<Program>>,
    api: Option<Program>,
    importer: Importer,
}

impl Running {
    async fn start(site: &Site, folder: &Path) -> anyhow::Result<Self> {
        let workers = (0..WORKERS).map(|_| worker(site).map(Some)).collect::<Result<_, _>>()?;
        let api = Some(site.start_api()?.0);
        site.until_ready(WORKERS).await?;
        Ok(Self { workers, api, importer: Importer::start(site, path(folder)?)? })
    }

    /// Waits until the batch has ended and the importer with it; meanwhile everybody is killed once.
    async fn until_done(&mut self, site: &Site, items: usize) -> anyhow::Result<(Batch, Progress)> {
        let begun = Instant::now();
        let patience = Duration::from_secs(300 + 10 * items as u64);
        let mut kills = KILLS.into_iter().peekable();
        loop {
            ensure!(
                begun.elapsed() < patience,
                "failed to import within {patience:?}:\n{}",
                site.launcher.end_of_log()
            );
            tokio::time::sleep(PERIOD).await;
            let Some((batch, progress)) = look(site).await? else { continue };
            let due = |(part, _): &(f64, Victim)| progress.finished as f64 >= part * items as f64;
            if let Some((_, victim)) = kills.next_if(due) {
                println!("  {}/{} ended: killing {victim:?}", progress.finished, batch.total);
                self.kill(site, victim)?;
            }
            if batch.status.is_finished() && self.importer.has_ended()? {
                ensure!(kills.peek().is_none(), "the import ended before everybody was killed");
                return Ok((batch, progress));
            }
        }
    }

    fn kill(&mut self, site: &Site, victim: Victim) -> anyhow::Result<()> {
        match victim {
            Victim::Worker(number) => {
                let slot = self.workers.get_mut(number).context("there are fewer workers")?;
                drop(slot.take());
                *slot = Some(worker(site)?);
            }
            Victim::Api => {
                drop(self.api.take());
                self.api = Some(site.start_api()?.0);
            }
            Victim::Importer => {
                ensure!(!self.importer.has_ended()?, "the importer ended before it could be killed");
                self.importer.kill()?;
                self.importer = Importer::start(site, &self.importer.folder)?;
            }
        }
        Ok(())
    }

    fn stop(self) -> anyhow::Result<()> {
        self.workers.into_iter().chain([self.api]).flatten().try_for_each(Program::stop)
    }
}

fn worker(site: &Site) -> anyhow::Result<Program> {
    site.launcher.start(&["worker"])
}

/// The import on the way.
async fn look(site: &Site) -> anyhow::Result<Option<(Batch, Progress)>> {
    let tenant = site.tenant.clone();
    let read = move |conn: &mut Conn| {
        let found = batches::list(conn, &tenant, None, 10)?;
        let Some(batch) = found.into_iter().find(|batch| batch.kind == BatchKind::Import) else {
            return Ok::<_, db::Error>(None);
        };
        let now = db::now(conn)?;
        let progress = batches::progress(conn, &batch, now)?;
        Ok(Some((batch, progress)))
    };
    Ok(site.ctx.db.read(read).await?)
}

/// `idv batch import`, which shows its progress here. It goes on by itself with what an earlier one has begun.
struct Importer {
    child: Child,
    folder: String,
}

impl Importer {
    fn start(site: &Site, folder: &str) -> anyhow::Result<Self> {
        let mut command = site.launcher.command(&["batch", "--tenant", "bench", "import", folder])?;
        let child =
            command.stdout(Stdio::inherit()).stderr(Stdio::inherit()).env("RUST_LOG", "warn").spawn()?;
        Ok(Self { child, folder: folder.to_owned() })
    }

    /// Whether it has ended, which it does well if every item was imported.
    fn has_ended(&mut self) -> anyhow::Result<bool> {
        let Some(status) = self.child.try_wait()? else { return Ok(false) };
        ensure!(status.success(), "`idv batch import` failed: {status}");
        Ok(true)
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Importer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.kill();
    }
}

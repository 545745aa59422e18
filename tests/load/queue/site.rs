//! A place of its own for each measurement: an empty database, a bucket, queues, a folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idv_common::auth::Secret;
use idv_common::db::{self, api_keys, tenants, workers};
use idv_common::domain::{KeyId, QueueName, TenantId};
use idv_common::{Config, Context};
use tempfile::TempDir;

use crate::figures;
use crate::options::Options;
use crate::program::{Launcher, Program};
use crate::rows;
use crate::servers::Servers;

/// What all measurements share.
pub(crate) struct Bench {
    /// What to measure.
    pub(crate) options: Options,
    /// The servers; `None` in embedded mode.
    pub(crate) servers: Option<Arc<Servers>>,
}

/// How the processes are set up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    /// Jobs that one process runs at once.
    pub(crate) slots: usize,
    /// Milliseconds that each job takes.
    pub(crate) noop_ms: u64,
}

/// The name of the tenant whose jobs are measured.
pub(crate) const TENANT: &str = "bench";

/// The place of one measurement.
pub(crate) struct Site {
    /// Starts its processes.
    pub(crate) launcher: Launcher,
    /// What the API and the workers of this place work with, too.
    pub(crate) ctx: Context,
    /// Whose jobs are measured.
    pub(crate) tenant: TenantId,
    /// A key of that tenant.
    pub(crate) key: String,
    /// The servers; `None` in embedded mode.
    pub(crate) servers: Option<Arc<Servers>>,
    /// The name of its database, its bucket and its queues.
    pub(crate) name: String,
    _folder: TempDir,
}

impl Site {
    /// Makes the place, on the servers or else in a folder, for jobs whose pipeline does nothing.
    pub(crate) async fn open(bench: &Bench, setup: Setup) -> anyhow::Result<Self> {
        Self::open_with(bench, &worker_settings(setup)).await
    }

    /// Makes the place for processes with these sections of settings.
    pub(crate) async fn open_with(bench: &Bench, settings: &str) -> anyhow::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("idv_bench_{}_{count}", std::process::id());
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("idv.toml");
        let mut text = common_settings(&folder, settings);
        if let Some(servers) = &bench.servers {
            servers.create_database(&name).await?;
            std::fs::create_dir_all(servers.buckets.join(bucket(&name)))?;
            text.push_str(&server_settings(servers, &name));
        }
        std::fs::write(&config, text)?;
        let launcher = Launcher { idv: bench.options.idv.clone(), config };
        launcher.run(&["migrate"])?;
        let ctx = Context::connect(Config::load(Some(&launcher.config))?).await?;
        let (tenant, key) = make_tenant(&ctx, TENANT).await?;
        Ok(Self { launcher, ctx, tenant, key, servers: bench.servers.clone(), name, _folder: folder })
    }

    /// Makes another tenant.
    pub(crate) async fn another_tenant(&self, name: &str) -> anyhow::Result<TenantId> {
        Ok(make_tenant(&self.ctx, name).await?.0)
    }

    /// Starts worker processes; in embedded mode one `idv serve`, whatever the number. Gives the address of
    /// the latter.
    pub(crate) fn start(&self, processes: usize) -> anyhow::Result<(Vec<Program>, Option<String>)> {
        if self.servers.is_none() {
            let (program, address) = self.launcher.serve(&["serve"])?;
            return Ok((vec![program], Some(address)));
        }
        let worker = |_| self.launcher.start(&["worker", "--roles", "relay,verify,sweep"]);
        Ok(((0..processes).map(worker).collect::<Result<_, _>>()?, None))
    }

    /// Starts `idv api`.
    pub(crate) fn start_api(&self) -> anyhow::Result<(Program, String)> {
        self.launcher.serve(&["api"])
    }

    /// Waits until that many worker processes are on the list.
    pub(crate) async fn until_ready(&self, processes: usize) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let alive = self.ctx.db.read(|conn| {
                let now = db::now(conn)?;
                workers::alive(conn, now)
            });
            if alive.await?.len() >= processes {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < Duration::from_secs(60),
                "failed to start the workers:\n{}",
                self.launcher.end_of_log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Has a job done that is not measured, so that everybody is connected to everything.
    pub(crate) async fn warm_up(&self) -> anyhow::Result<()> {
        let tenant = self.another_tenant("warm-up").await?;
        self.submit(&tenant, QueueName::Interactive).await?;
        self.until_done(&tenant, Duration::from_secs(60)).await
    }

    /// Waits until no job of a tenant waits or runs.
    pub(crate) async fn until_done(&self, tenant: &TenantId, patience: Duration) -> anyhow::Result<()> {
        let begun = Instant::now();
        while figures::has_unfinished(&self.ctx.db, tenant).await? {
            ensure!(
                begun.elapsed() < patience,
                "failed to finish all jobs within {patience:?}:\n{}",
                self.launcher.end_of_log()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    /// Submits one verification the way the API does, and tells the broker as it does.
    pub(crate) async fn submit(&self, tenant: &TenantId, queue: QueueName) -> Result<(), db::Error> {
        let tenant = tenant.clone();
        let submit = move |conn: &mut db::Conn| {
            let now = db::now(conn)?;
            rows::submit(conn, &tenant, queue, now)
        };
        self.ctx.db.transaction(submit).await?;
        self.ctx.publish_soon(queue);
        Ok(())
    }

    /// Removes what was made on the servers.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        if let Some(servers) = &self.servers {
            servers.drop_database(&self.name).await?;
            std::fs::remove_dir_all(servers.buckets.join(bucket(&self.name)))?;
        }
        Ok(())
    }
}

/// A bucket's name has no underscores.
fn bucket(name: &str) -> String {
    name.replace('_', "-")
}

fn common_settings(folder: &TempDir, settings: &str) -> String {
    let data = folder.path().join("data");
    // The limits on callers are out of the way.
    format!(
        "data_dir = {data:?}\n{settings}[limits]\nrate_per_s = 1000000\nrate_burst = 1000000\nbacklog = 1000000\n"
    )
}

fn worker_settings(setup: Setup) -> String {
    format!("[worker]\nslots = {}\npipeline = \"noop\"\nnoop_ms = {}\n", setup.slots, setup.noop_ms)
}

fn server_settings(servers: &Servers, name: &str) -> String {
    let Servers { queue, s3, access_key, secret_key, .. } = servers;
    let (database, bucket) = (servers.database_url(name), bucket(name));
    let master = STANDARD.encode([7; 32]);
    format!(
        "[database]\nurl = {database:?}\n[queue]\nurl = {queue:?}\nprefix = {name:?}\n[keys]\nmaster = {master:?}\n\
         [blobs]\nurl = \"s3://{bucket}\"\nendpoint = {s3:?}\nallow_http = true\n\
         access_key_id = {access_key:?}\nsecret_access_key = {secret_key:?}\n"
    )
}

async fn make_tenant(ctx: &Context, name: &str) -> anyhow::Result<(TenantId, String)> {
    let (keyring, name) = (ctx.keyring.clone(), name.to_owned());
    let made = ctx.db.transaction(move |conn| {
        let now = db::now(conn)?;
        let (tenant, key, secret) = (TenantId::generate(), KeyId::generate(), Secret::generate());
        tenants::insert(conn, &tenant, &name, &keyring.new_tenant_key(&tenant), now)?;
        api_keys::insert(conn, &key, &tenant, &name, &secret.digest(), now)?;
        Ok::<_, db::Error>((tenant, secret.as_api_key(&key)))
    });
    made.await.context("failed to make a tenant")
}

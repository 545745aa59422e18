//! A place of its own for each measurement: an empty database, a tenant, and `idv worker --roles deliver`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idv_common::db::events::{self, NewEvent};
use idv_common::db::webhooks::endpoints::{self, NewEndpoint};
use idv_common::db::webhooks::secrets::{self, Owner};
use idv_common::db::{self, tenants, workers};
use idv_common::domain::{EndpointId, EventId, EventType, Receivers, TenantId};
use idv_common::{Config, Context};
use tempfile::TempDir;

use crate::options::Options;
use crate::program::{Launcher, Program};
use crate::servers::Servers;

/// The place of one measurement.
pub(crate) struct Site {
    /// Starts the program there.
    pub(crate) launcher: Launcher,
    /// What the program works with, too.
    pub(crate) ctx: Context,
    /// Whose events are told.
    pub(crate) tenant: TenantId,
    servers: Servers,
    name: String,
    _folder: TempDir,
}

impl Site {
    /// Makes the place, with these settings of the section `[webhooks]`.
    pub(crate) async fn open(options: &Options, servers: Servers, webhooks: &str) -> anyhow::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("idv_hooks_{}_{count}", std::process::id());
        let folder = tempfile::tempdir()?;
        servers.create_database(&name).await?;
        std::fs::create_dir_all(servers.buckets.join(name.replace('_', "-")))?;
        let config = folder.path().join("idv.toml");
        std::fs::write(&config, format!("{}[webhooks]\n{webhooks}\n", settings(&servers, &name)))?;
        let launcher = Launcher { idv: options.idv.clone(), config };
        launcher.run(&["migrate"])?;
        let ctx = Context::connect(Config::load(Some(&launcher.config))?).await?;
        let tenant = make_tenant(&ctx).await?;
        Ok(Self { launcher, ctx, tenant, servers, name, _folder: folder })
    }

    /// Makes an endpoint that is told of every event.
    pub(crate) async fn endpoint(&self, url: String) -> anyhow::Result<()> {
        let (tenant, keyring) = (self.tenant.clone(), self.ctx.keyring.clone());
        let make = move |conn: &mut db::Conn| {
            let (now, id) = (db::now(conn)?, EndpointId::generate());
            let new = NewEndpoint { id: &id, tenant: &tenant, url: &url, description: None, events: None };
            ensure!(endpoints::insert(conn, &new, i64::MAX, now)?, "failed to make an endpoint");
            let key = keyring.tenant(conn, &tenant)?;
            secrets::create(conn, &key, Owner { tenant: &tenant, endpoint: Some(&id) }, now)?;
            Ok(())
        };
        self.ctx.db.transaction(make).await
    }

    /// Tells of an event, the way everything that happens is told.
    pub(crate) async fn tell(&self, resource: String) -> Result<EventId, db::Error> {
        let tenant = self.tenant.clone();
        let tell = move |conn: &mut db::Conn| {
            let now = db::now(conn)?;
            let event_type = EventType::Created;
            let new =
                NewEvent { tenant: &tenant, resource: &resource, event_type, version: 1, details: None };
            events::tell(conn, &new, now)
        };
        self.ctx.db.transaction(tell).await
    }

    /// Starts a process that sends.
    pub(crate) fn start(&self) -> anyhow::Result<Program> {
        self.launcher.start(&["worker", "--roles", "deliver"])
    }

    /// Waits until a worker process is on the list.
    pub(crate) async fn until_ready(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let alive = self.ctx.db.read(|conn| {
                let now = db::now(conn)?;
                workers::alive(conn, now)
            });
            if !alive.await?.is_empty() {
                return Ok(());
            }
            let log = || self.launcher.end_of_log();
            ensure!(begun.elapsed() < Duration::from_secs(60), "failed to start the worker:\n{}", log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Removes what was made on the servers.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.servers.drop_database(&self.name).await?;
        Ok(std::fs::remove_dir_all(self.servers.buckets.join(self.name.replace('_', "-")))?)
    }
}

fn settings(servers: &Servers, name: &str) -> String {
    let Servers { queue, s3, access_key, secret_key, .. } = servers;
    let (database, bucket) = (servers.database_url(name), name.replace('_', "-"));
    let master = STANDARD.encode([7; 32]);
    format!(
        "[database]\nurl = {database:?}\n[queue]\nurl = {queue:?}\nprefix = {name:?}\n[keys]\nmaster = {master:?}\n\
         [blobs]\nurl = \"s3://{bucket}\"\nendpoint = {s3:?}\nallow_http = true\n\
         access_key_id = {access_key:?}\nsecret_access_key = {secret_key:?}\n"
    )
}

/// A tenant whose receivers may be on this machine.
async fn make_tenant(ctx: &Context) -> anyhow::Result<TenantId> {
    let keyring = ctx.keyring.clone();
    let receivers = Receivers { networks: vec!["127.0.0.0/8".parse()?], http: true };
    let make = move |conn: &mut db::Conn| {
        let (now, tenant) = (db::now(conn)?, TenantId::generate());
        tenants::insert(conn, &tenant, "bench", &keyring.new_tenant_key(&tenant), now)?;
        tenants::set_receivers(conn, &tenant, &receivers)?;
        Ok(tenant)
    };
    ctx.db.transaction(make).await
}

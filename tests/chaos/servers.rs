//! The servers of a run: PostgreSQL, RabbitMQ and S3 of `scripts/services`, each reached through a proxy.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, anyhow, bail};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

use crate::proxy::Link;

/// The database, the bucket and the prefix of the queues of a run.
const NAME: &str = "idv-chaos";

/// The servers, and the links to them.
pub(crate) struct Servers {
    database_url: String,
    amqp_url: String,
    bucket: PathBuf,
    s3_keys: (String, String),
    /// A link to each server by its name in `scripts/services`.
    links: [(&'static str, Link); 3],
}

impl Servers {
    /// The servers that the environment names, with an empty database and an empty bucket.
    pub(crate) fn prepare() -> anyhow::Result<Self> {
        let postgres = variable("IDV_TEST_DATABASE_URL")?;
        let amqp_url = variable("IDV_TEST_AMQP_URL")?;
        let s3 = variable("IDV_TEST_S3_ENDPOINT")?;
        let link = |url: &str| Ok::<_, anyhow::Error>(Link::start(address_of(url)?)?);
        let servers = Self {
            links: [("postgres", link(&postgres)?), ("rabbitmq", link(&amqp_url)?), ("s3", link(&s3)?)],
            database_url: with_database(&postgres)?,
            amqp_url,
            bucket: PathBuf::from(variable("IDV_TEST_S3_ROOT")?).join(NAME),
            s3_keys: (variable("IDV_TEST_S3_ACCESS_KEY")?, variable("IDV_TEST_S3_SECRET_KEY")?),
        };
        let mut conn = PgConnection::establish(&postgres)?;
        conn.batch_execute(&format!("DROP DATABASE IF EXISTS \"{NAME}\" WITH (FORCE)"))?;
        conn.batch_execute(&format!("CREATE DATABASE \"{NAME}\""))?;
        if servers.bucket.exists() {
            std::fs::remove_dir_all(&servers.bucket)?;
        }
        std::fs::create_dir(&servers.bucket)
            .with_context(|| format!("failed to make the bucket {}", servers.bucket.display()))?;
        Ok(servers)
    }

    /// The settings by which the program reaches the servers, through the links.
    pub(crate) fn settings(&self) -> anyhow::Result<Vec<(&'static str, String)>> {
        let through = |url: &str, server: &str| {
            let address = self.link(server)?.address();
            Ok::<_, anyhow::Error>(url.replacen(authority_of(url)?, &address.to_string(), 1))
        };
        Ok(vec![
            ("IDV_DATABASE__URL", through(&self.database_url, "postgres")?),
            ("IDV_QUEUE__URL", through(&self.amqp_url, "rabbitmq")?),
            ("IDV_QUEUE__PREFIX", NAME.to_owned()),
            ("IDV_BLOBS__URL", format!("s3://{NAME}")),
            ("IDV_BLOBS__ENDPOINT", format!("http://{}", self.link("s3")?.address())),
            ("IDV_BLOBS__ALLOW_HTTP", "true".to_owned()),
            ("IDV_BLOBS__ACCESS_KEY_ID", self.s3_keys.0.clone()),
            ("IDV_BLOBS__SECRET_ACCESS_KEY", self.s3_keys.1.clone()),
        ])
    }

    /// The link to a server.
    pub(crate) fn link(&self, server: &str) -> anyhow::Result<&Link> {
        let found = self.links.iter().find(|(name, _)| *name == server).map(|(_, link)| link);
        found.ok_or_else(|| anyhow!("there is no server `{server}`"))
    }

    /// A connection to the database that no fault is in the way of.
    pub(crate) fn database(&self) -> anyhow::Result<PgConnection> {
        Ok(PgConnection::establish(&self.database_url)?)
    }

    /// The broker's own address, and what the names of its queues begin with.
    pub(crate) fn queues(&self) -> (&str, &'static str) {
        (&self.amqp_url, NAME)
    }

    /// The folder that holds the objects.
    pub(crate) fn bucket(&self) -> &PathBuf {
        &self.bucket
    }

    /// Kills a server with `kill -9`.
    pub(crate) fn kill(&self, server: &str) -> anyhow::Result<()> {
        services("kill", server)
    }

    /// Starts a server again, and waits until it answers.
    pub(crate) fn start(&self, server: &str) -> anyhow::Result<()> {
        services("start", server)
    }
}

fn services(verb: &str, server: &str) -> anyhow::Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/services");
    let output = Command::new(script).args([verb, server]).output()?;
    if !output.status.success() {
        bail!("failed to {verb} {server}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("failed to read {name}: run this through scripts/chaos"))
}

/// Host and port of a URL.
fn authority_of(url: &str) -> anyhow::Result<&str> {
    let rest = url.split_once("://").map(|(_, rest)| rest).ok_or_else(|| anyhow!("`{url}` is no URL"))?;
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    Ok(authority.rsplit_once('@').map_or(authority, |(_, host)| host))
}

fn address_of(url: &str) -> anyhow::Result<SocketAddr> {
    let mut addresses = authority_of(url)?.to_socket_addrs()?;
    addresses.next().ok_or_else(|| anyhow!("the host of `{url}` has no address"))
}

/// The URL of the run's own database.
fn with_database(url: &str) -> anyhow::Result<String> {
    let (server, _) = url.rsplit_once('/').ok_or_else(|| anyhow!("`{url}` names no database"))?;
    Ok(format!("{server}/{NAME}"))
}

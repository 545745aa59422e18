//! A connection that many tasks share. Whoever finds it gone makes it anew, one at a time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lapin::tcp::OwnedTLSConfig;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::time::Instant;

use super::{ANSWER, Error, in_time, topology};

/// How long a connection may take to be made: short, because a broker that comes back is to be found at once.
const CONNECT: Duration = Duration::from_secs(3);

/// For so long a failure to connect stands for all who ask, so that they do not knock one after another.
const FAILURE_STANDS: Duration = Duration::from_millis(300);

/// Seconds between heartbeats; lapin gives a connection up after two of them went missing.
const HEARTBEAT_S: u16 = 10;

/// Where the broker is and what is its own there.
pub(super) struct Address {
    pub(super) uri: AMQPUri,
    pub(super) prefix: String,
    /// Certificates in PEM, besides the system's.
    pub(super) ca: Option<String>,
}

/// A shared connection.
pub(super) struct Link {
    address: Arc<Address>,
    purpose: &'static str,
    live: Mutex<Option<Arc<Connection>>>,
    /// Held by whoever connects; the last failure.
    connecting: tokio::sync::Mutex<Option<(Instant, Error)>>,
}

impl Link {
    pub(super) fn new(address: Arc<Address>, purpose: &'static str) -> Self {
        Self { address, purpose, live: Mutex::default(), connecting: tokio::sync::Mutex::default() }
    }

    /// A new channel on a broker that has all queues.
    pub(super) async fn channel(&self) -> Result<(Arc<Connection>, Channel), Error> {
        let connection = self.connection().await?;
        let channel = async {
            topology::declare_all(&connection, &self.address.prefix).await?;
            in_time(ANSWER, connection.create_channel()).await
        };
        match channel.await {
            Ok(channel) => Ok((connection, channel)),
            Err(error) => {
                self.forget(&connection);
                Err(error)
            }
        }
    }

    /// Gives up a connection that has failed; who uses it still keeps it until then.
    pub(super) fn forget(&self, failed: &Arc<Connection>) {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if live.as_ref().is_some_and(|live| Arc::ptr_eq(live, failed)) {
            *live = None;
        }
    }

    /// Closes the connection, so that the broker delivers anew at once what is not acknowledged.
    pub(super) async fn close(&self, limit: Duration) {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(connection) = live
            && let Err(error) = in_time(limit, connection.close(200, "stopping".into())).await
        {
            tracing::debug!(%error, "left a connection to the broker open");
        }
    }

    fn live(&self) -> Option<Arc<Connection>> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.as_ref().filter(|connection| connection.status().connected()).cloned()
    }

    async fn connection(&self) -> Result<Arc<Connection>, Error> {
        if let Some(connection) = self.live() {
            return Ok(connection);
        }
        // Whoever holds the lock has a limit of its own.
        let mut failure = self.connecting.lock().await;
        if let Some(connection) = self.live() {
            return Ok(connection);
        }
        if let Some((when, error)) = failure.as_ref().filter(|(when, _)| when.elapsed() < FAILURE_STANDS) {
            tracing::trace!(?when, "took over a failure to connect");
            return Err(error.clone());
        }
        match self.connect().await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                *failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<Connection, Error> {
        let properties =
            ConnectionProperties::default().with_connection_name(format!("idv {}", self.purpose).into());
        let mut uri = self.address.uri.clone();
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        let tls = OwnedTLSConfig { identity: None, cert_chain: self.address.ca.clone() };
        let connecting = async {
            let runtime = lapin::runtime::default_runtime()?;
            Connection::connect_uri_with_config(uri, properties, tls, runtime).await
        };
        in_time(CONNECT, connecting).await
    }
}

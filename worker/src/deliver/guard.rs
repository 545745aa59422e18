//! What webhooks may reach: names are looked up here, and only checked addresses are connected to.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use hickory_resolver::config::{
    LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::{Resolver, TokioResolver};
use idv_common::domain::{Receivers, RefusedReceiver};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The longest time for which an answer is believed, whatever it says itself.
const LONGEST_BELIEF: Duration = Duration::from_secs(60);

/// How long one name server may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A name that leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreachable {
    /// It may not be used.
    #[error(transparent)]
    Refused(#[from] RefusedReceiver),
    /// Nobody knows it.
    #[error(
        "failed to find the receiver `{0}`: its name has no address, or no name server answers; see to its DNS records"
    )]
    Unknown(String),
    /// There is nobody to ask.
    #[error("failed to find receivers: the system names no name server; set `webhooks.dns`")]
    NoServers,
}

/// Looks receivers' names up.
#[derive(Clone)]
pub(crate) struct Guard {
    /// None if the system says of no name server; addresses are reached all the same.
    resolver: Option<TokioResolver>,
}

impl Guard {
    /// A guard that asks the name server of the setting `webhooks.dns`, or the system's if that is empty.
    pub(crate) fn new(dns: &str) -> anyhow::Result<Self> {
        let mut builder = match dns {
            "" => match TokioResolver::builder_tokio() {
                Ok(builder) => builder,
                Err(error) => {
                    tracing::warn!(%error, "webhooks reach no names: the system names no name server");
                    return Ok(Self { resolver: None });
                }
            },
            address => {
                let mut builder =
                    Resolver::builder_with_config(only(address)?, TokioRuntimeProvider::default());
                builder.options_mut().use_hosts_file = ResolveHosts::Never;
                builder
            }
        };
        limit(builder.options_mut());
        Ok(Self {
            resolver: Some(builder.build().context("failed to prepare the look-up of receivers' names")?),
        })
    }

    /// The addresses of a name that `receivers` allows, at least one.
    async fn look_up(&self, name: &str, receivers: &Receivers) -> Result<Vec<IpAddr>, Unreachable> {
        let resolver = self.resolver.as_ref().ok_or(Unreachable::NoServers)?;
        let found = resolver.lookup_ip(name).await.map_err(|error| {
            tracing::debug!(%error, "failed to look a receiver up");
            Unreachable::Unknown(name.to_owned())
        })?;
        let allowed: Vec<_> = found.iter().filter(|address| receivers.allows(*address).is_ok()).collect();
        match allowed.is_empty() {
            true => Err(RefusedReceiver::Name(name.to_owned()).into()),
            false => Ok(allowed),
        }
    }
}

fn only(address: &str) -> anyhow::Result<ResolverConfig> {
    let malformed =
        "failed to read the setting `webhooks.dns`: it must be an address such as 10.0.0.2:53, or empty";
    let server: SocketAddr = address
        .parse()
        .or_else(|_| address.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53)))
        .context(malformed)?;
    let mut config = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut config.connections {
        connection.port = server.port();
    }
    Ok(ResolverConfig::from_name_servers(vec![config]))
}

fn limit(options: &mut ResolverOpts) {
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.positive_max_ttl = Some(LONGEST_BELIEF);
    options.negative_max_ttl = Some(Duration::from_secs(5));
    options.timeout = PATIENCE;
    options.attempts = 2;
}

/// Looks names up for one tenant's webhooks.
pub(crate) struct Checked {
    /// Who looks them up.
    pub(crate) guard: Guard,
    /// What the tenant may reach.
    pub(crate) receivers: Receivers,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, receivers) = (self.guard.clone(), self.receivers.clone());
        Box::pin(async move {
            let addresses = guard.look_up(name.as_str(), &receivers).await?;
            // The port is the URL's.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

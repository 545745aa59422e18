//! Where webhooks may go: which URLs, and which of the addresses behind their names.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The longest URL of a receiver, in bytes.
const LONGEST: usize = 2048;

/// A receiver that webhooks may not go to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedReceiver {
    /// The text is no URL.
    #[error("failed to read the receiver's URL: {0}; give an absolute URL such as https://example.com/hook")]
    Malformed(url::ParseError),
    /// It is longer than any receiver needs.
    #[error("failed to use the receiver's URL: it is longer than 2,048 bytes; shorten it")]
    Long,
    /// Neither `https` nor `http`.
    #[error("failed to use the receiver's URL: its scheme is neither https nor http; use https")]
    Scheme,
    /// There is no host.
    #[error("failed to use the receiver's URL: it names no host; add one")]
    NoHost,
    /// A name and password in front of the host.
    #[error("failed to use the receiver's URL: it holds a user name or password; leave them out")]
    UserInfo,
    /// A part that is never sent.
    #[error("failed to use the receiver's URL: it holds a fragment, which is never sent; leave `#…` out")]
    Fragment,
    /// Not encrypted, which the tenant may not have.
    #[error(
        "failed to use the receiver's URL: it is not encrypted; use https, or have the operator allow http"
    )]
    Unencrypted,
    /// The address is not a public one.
    #[error(
        "failed to use the receiver's address {address}: it is {kind}; use a public one, or have the operator allow its network"
    )]
    Address {
        /// The address.
        address: IpAddr,
        /// What it is instead of public.
        kind: &'static str,
    },
    /// None of the addresses behind the name may be used. Which they are is not said, since it would tell of the
    /// operator's network.
    #[error(
        "failed to use the receiver `{0}`: it has no public address; use another name, or have the operator allow its network"
    )]
    Name(String),
}

/// The URL of a receiver, in its normal form: addresses in unusual spellings are written out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReceiverUrl(Url);

impl ReceiverUrl {
    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The URL in parts.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for ReceiverUrl {
    type Err = RefusedReceiver;

    fn from_str(text: &str) -> Result<Self, RefusedReceiver> {
        if text.len() > LONGEST {
            return Err(RefusedReceiver::Long);
        }
        let url = Url::parse(text).map_err(RefusedReceiver::Malformed)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(RefusedReceiver::Scheme);
        }
        if url.host().is_none() {
            return Err(RefusedReceiver::NoHost);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RefusedReceiver::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(RefusedReceiver::Fragment);
        }
        // The normal form may be the longer one.
        if url.as_str().len() > LONGEST {
            return Err(RefusedReceiver::Long);
        }
        Ok(Self(url))
    }
}

impl TryFrom<String> for ReceiverUrl {
    type Error = RefusedReceiver;

    fn try_from(text: String) -> Result<Self, RefusedReceiver> {
        text.parse()
    }
}

impl From<ReceiverUrl> for String {
    fn from(url: ReceiverUrl) -> Self {
        url.0.into()
    }
}

impl fmt::Display for ReceiverUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ReceiverUrl {
    /// Without path and query, which may hold the receiver's secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.0.origin().ascii_serialization())
    }
}

/// Where a tenant's webhooks may go besides public addresses over https. Nothing more by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Receivers {
    /// Networks that are allowed although they are not public.
    pub networks: Vec<IpNet>,
    /// Whether http is allowed, to allowed addresses of any kind.
    pub http: bool,
}

impl Receivers {
    /// Whether a URL may be a receiver's, as far as the URL itself tells: a name is looked up only when something is
    /// sent, and then each of its addresses has to pass [`Receivers::allows`].
    pub fn check(&self, url: &ReceiverUrl) -> Result<(), RefusedReceiver> {
        if url.0.scheme() != "https" && !self.http {
            return Err(RefusedReceiver::Unencrypted);
        }
        match url.0.host() {
            Some(Host::Ipv4(address)) => self.allows(address.into()),
            Some(Host::Ipv6(address)) => self.allows(address.into()),
            // RFC 6761: this name and all below it mean this machine, wherever they are looked up.
            Some(Host::Domain(name)) if is_localhost(name) => self
                .allows(Ipv4Addr::LOCALHOST.into())
                .or_else(|_| self.allows(Ipv6Addr::LOCALHOST.into()))
                .map_err(|_| RefusedReceiver::Name(name.to_owned())),
            Some(Host::Domain(_)) => Ok(()),
            None => Err(RefusedReceiver::NoHost),
        }
    }

    /// Whether something may be sent to an address: it is a public one, or in an allowed network.
    pub fn allows(&self, address: IpAddr) -> Result<(), RefusedReceiver> {
        // An IPv4 address in IPv6's clothes is reached as IPv4.
        let plain = address.to_canonical();
        if self.networks.iter().any(|network| network.contains(&plain) || network.contains(&address)) {
            return Ok(());
        }
        match not_public(plain) {
            None => Ok(()),
            Some(kind) => Err(RefusedReceiver::Address { address, kind }),
        }
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// IANA's registry of IPv4 special-purpose addresses, as far as they are not globally reachable; multicast; and what
/// clouds answer at besides.
const SPECIAL_V4: &[(Ipv4Net, &str)] = &[
    (v4(0, 0, 0, 0, 32), "unspecified"),
    (v4(0, 0, 0, 0, 8), "of this network"),
    (v4(10, 0, 0, 0, 8), "private"),
    (v4(100, 64, 0, 0, 10), "shared by a carrier"),
    (v4(127, 0, 0, 0, 8), "loopback"),
    (v4(169, 254, 169, 254, 32), "a cloud's metadata service"),
    (v4(169, 254, 0, 0, 16), "link-local"),
    (v4(172, 16, 0, 0, 12), "private"),
    (v4(192, 0, 0, 0, 24), "for protocols"),
    (v4(192, 0, 2, 0, 24), "for documentation"),
    (v4(192, 88, 99, 0, 24), "a relay to 6to4"),
    (v4(192, 168, 0, 0, 16), "private"),
    (v4(198, 18, 0, 0, 15), "for benchmarks"),
    (v4(198, 51, 100, 0, 24), "for documentation"),
    (v4(203, 0, 113, 0, 24), "for documentation"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(255, 255, 255, 255, 32), "broadcast"),
    (v4(240, 0, 0, 0, 4), "reserved"),
    // Not in the registry: a public address that one cloud answers at inside its networks.
    (v4(168, 63, 129, 16, 32), "a cloud's metadata service"),
];

/// The same of IPv6. What is outside 2000::/3 is refused in any case; these say more precisely what it is.
const SPECIAL_V6: &[(Ipv6Net, &str)] = &[
    (v6(0, 0, 0, 128), "unspecified"),
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), "loopback"),
    (v6(0x64, 0xff9b, 1, 48), "translated within a network"),
    (v6(0x100, 0, 0, 64), "discarded"),
    (v6(0x2001, 0, 0, 32), "a Teredo tunnel"),
    (v6(0x2001, 0, 0, 23), "for protocols"),
    (v6(0x2001, 0xdb8, 0, 32), "for documentation"),
    (v6(0x3fff, 0, 0, 20), "for documentation"),
    (v6(0x5f00, 0, 0, 16), "a segment of a route"),
    (v6(0xfc00, 0, 0, 7), "private"),
    (v6(0xfe80, 0, 0, 10), "link-local"),
    (v6(0xfec0, 0, 0, 10), "site-local"),
    (v6(0xff00, 0, 0, 8), "multicast"),
];

/// Global unicast, the only part of IPv6 that IANA has given out.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 0, 3);

/// NAT64: the last four bytes are an IPv4 address.
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 0, 96);

/// 6to4: four bytes behind the first two are an IPv4 address.
const SIX_TO_FOUR: Ipv6Net = v6(0x2002, 0, 0, 16);

/// What an address is instead of public; `None` if it is public.
fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => not_public_v4(address),
        IpAddr::V6(address) => not_public_v6(address),
    }
}

fn not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    SPECIAL_V4.iter().find(|(network, _)| network.contains(&address)).map(|(_, kind)| *kind)
}

fn not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some((_, kind)) = SPECIAL_V6.iter().find(|(network, _)| network.contains(&address)) {
        return Some(kind);
    }
    let [_, _, c, d, e, f, .., w, x, y, z] = address.octets();
    let last = Ipv4Addr::new(w, x, y, z);
    if let [0, 0, 0, 0, 0, 0 | 0xffff, ..] = address.segments() {
        // Mapped, or compatible, which nobody routes any more.
        let compatible = (address.segments()[5] == 0).then_some("reserved");
        return not_public_v4(last).or(compatible);
    }
    if NAT64.contains(&address) {
        return not_public_v4(last);
    }
    if SIX_TO_FOUR.contains(&address) {
        return not_public_v4(Ipv4Addr::new(c, d, e, f));
    }
    (!GLOBAL_V6.contains(&address)).then_some("reserved")
}

#[cfg(test)]
mod tests;

//! No webhook reaches what it must not, however its receiver is spelt, named or moved.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME};
use hickory_resolver::proto::rr::{RData, RecordType};
use idv_common::db::webhooks::deliveries::Outcome;
use idv_common::domain::{EventId, Receivers};

use super::{NameServer, Receiver, local, plain, sender, settings};
use crate::deliver::sender::{Letter, Sender};

/// Ways to say this machine, its network, or a cloud's metadata service. `PORT` is a port where somebody listens.
const HOSTILE: &[&str] = &[
    "http://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT/?a=https://example.com/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://127.255.255.254:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.1:PORT/",
    "http://0X7F.0x0.0x0.0x1:PORT/",
    "http://017700000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0177.0.0x0.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://127%2e0%2e0%2e1:PORT/",
    "http://１２７.０.０.１:PORT/",
    "http://①②⑦.⓪.⓪.①:PORT/",
    "http://127。0。0。1:PORT/",
    "http://127．0．0．1:PORT/",
    "http://127.0.0.1\\@example.com:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
    "http:127.0.0.1:PORT",
    "http:///127.0.0.1:PORT/",
    "\thttp://127.0.0.\n1:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://0x0:PORT/",
    "http://[::]:PORT/",
    "http://[::1]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::FFFF:7F00:0001]:PORT/",
    "http://[::ffff:0:0]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b:1::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::]:PORT/",
    "http://[fe80::1]:PORT/",
    "http://[fec0::1]:PORT/",
    "http://[fc00::1]:PORT/",
    "http://[fd00:ec2::254]:PORT/",
    "http://[ff02::1]:PORT/",
    "http://[2001:db8::1]:PORT/",
    "http://[100::1]:PORT/",
    "http://localhost:PORT/",
    "http://LOCALHOST:PORT/",
    "http://localhost.:PORT/",
    "http://any.localhost:PORT/",
    "http://ｌｏｃａｌｈｏｓｔ:PORT/",
    "http://%6c%6f%63alhost:PORT/",
    "http://loopback.example.com:PORT/",
    "http://localhost.localdomain:PORT/",
    "http://127.0.0.1.nip.example.com:PORT/",
    "http://metadata.google.internal:PORT/",
    "http://169.254.169.254:PORT/latest/meta-data/",
    "http://2852039166:PORT/",
    "http://0xa9fea9fe:PORT/",
    "http://0251.0376.0251.0376:PORT/",
    "http://169.254.43518:PORT/",
    "http://[::ffff:a9fe:a9fe]:PORT/",
    "http://[64:ff9b::a9fe:a9fe]:PORT/",
    "http://168.63.129.16:PORT/",
    "http://100.100.100.200:PORT/",
    "http://192.0.0.192:PORT/",
    "http://10.0.0.1:PORT/",
    "http://012.1:PORT/",
    "http://172.16.0.1:PORT/",
    "http://172.31.255.255:PORT/",
    "http://192.168.1.1:PORT/",
    "http://192.168.257:PORT/",
    "http://198.18.0.1:PORT/",
    "http://224.0.0.1:PORT/",
    "http://240.0.0.1:PORT/",
    "http://255.255.255.255:PORT/",
    "http://example.com@127.0.0.1:PORT/",
    "http://example.com:80@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#@example.com/",
    "https://127.0.0.1:PORT/",
    "https://loopback.example.com:PORT/",
    "ftp://127.0.0.1:PORT/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT/_x",
];

fn letter(url: &str, receivers: &Receivers) -> Letter {
    Letter {
        event: EventId::generate(),
        url: url.to_owned(),
        receivers: receivers.clone(),
        body: b"{}".to_vec(),
        secrets: Vec::new(),
    }
}

async fn outcome(sender: &Sender, url: &str, receivers: &Receivers) -> Outcome {
    sender.send(&letter(url, receivers), 0.5).await.outcome
}

fn v4(octets: [u8; 4]) -> RData {
    RData::A(A(Ipv4Addr::from(octets)))
}

/// A sender that asks `names`.
async fn asking(names: &NameServer) -> Sender {
    let mut config = settings();
    config.dns = names.address.to_string();
    sender(&config).await
}

#[tokio::test]
async fn no_hostile_url_is_connected_to() {
    // Whoever owns a name decides where it leads.
    let names = NameServer::start(|_, kind, _| match kind {
        RecordType::A => vec![v4([127, 0, 0, 1])],
        _ => vec![RData::AAAA(AAAA(Ipv6Addr::LOCALHOST))],
    });
    let names = names.await;
    let sender = asking(&names).await;
    let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let receiver = Receiver::at(everywhere, |_, _| plain("200 OK")).await;
    let port = receiver.address.port();
    // IPv6 where there is any: the same port.
    let six = tokio::net::TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await;
    let receivers = Receivers { http: true, ..Receivers::default() };
    assert!(HOSTILE.len() >= 60);
    for url in HOSTILE {
        let url = url.replace("PORT", &port.to_string());
        match outcome(&sender, &url, &receivers).await {
            // Refused, and not merely unreachable.
            Outcome::Failed(error) => {
                assert!(
                    error.contains("failed to use the receiver")
                        || error.contains("failed to read the receiver"),
                    "{url}: {error}"
                );
            }
            Outcome::Answered(status) => panic!("{url}: answered {status}"),
        }
    }
    assert_eq!(receiver.connections(), 0);
    if let Ok(six) = six {
        let waiting = tokio::time::timeout(std::time::Duration::ZERO, six.accept()).await;
        assert!(waiting.is_err(), "somebody connected over IPv6");
    }
    // The same receiver is reached as soon as the operator allows its network.
    let allowed = outcome(&sender, &format!("http://loopback.example.com:{port}/"), &local()).await;
    assert_eq!((allowed, receiver.connections()), (Outcome::Answered(200), 1));
}

/// A receiver that may be reached, at 127.0.0.2, and one at the same port of 127.0.0.1 that may not.
struct Pair {
    allowed: Receiver,
    forbidden: Receiver,
    receivers: Receivers,
}

impl Pair {
    async fn start() -> Self {
        let forbidden = Receiver::start(|_, _| plain("200 OK")).await;
        let beside = SocketAddr::from(([127, 0, 0, 2], forbidden.address.port()));
        let allowed = Receiver::at(beside, |_, _| plain("200 OK")).await;
        let receivers = Receivers { networks: vec!["127.0.0.2/32".parse().unwrap()], http: true };
        Self { allowed, forbidden, receivers }
    }

    fn url(&self) -> String {
        format!("http://moving.example.com:{}/", self.forbidden.address.port())
    }
}

#[tokio::test]
async fn a_name_that_moves_to_a_private_address_is_followed_no_further() {
    let pair = Pair::start().await;
    // Two questions per attempt: the first attempt is led well, later ones are not.
    let names = NameServer::start(|_, kind, asked| match kind {
        RecordType::A if asked < 2 => vec![v4([127, 0, 0, 2])],
        RecordType::A => vec![v4([127, 0, 0, 1])],
        _ => Vec::new(),
    });
    let names = names.await;
    let sender = asking(&names).await;
    assert_eq!(outcome(&sender, &pair.url(), &pair.receivers).await, Outcome::Answered(200));
    for _ in 0..3 {
        let Outcome::Failed(error) = outcome(&sender, &pair.url(), &pair.receivers).await else {
            panic!("it was sent")
        };
        assert!(error.contains("moving.example.com") && !error.contains("127.0.0.1"), "{error}");
    }
    assert_eq!((pair.allowed.connections(), pair.forbidden.connections()), (1, 0));
}

#[tokio::test]
async fn of_a_mixed_answer_only_the_allowed_addresses_are_used() {
    let pair = Pair::start().await;
    let names = NameServer::start(|_, kind, _| match kind {
        RecordType::A => vec![v4([127, 0, 0, 1]), v4([10, 0, 0, 1]), v4([127, 0, 0, 2]), v4([127, 0, 0, 3])],
        _ => vec![RData::AAAA(AAAA(Ipv6Addr::LOCALHOST))],
    });
    let names = names.await;
    let sender = asking(&names).await;
    for _ in 0..5 {
        assert_eq!(outcome(&sender, &pair.url(), &pair.receivers).await, Outcome::Answered(200));
    }
    assert_eq!((pair.allowed.connections(), pair.forbidden.connections()), (5, 0));
}

#[tokio::test]
async fn neither_an_alias_nor_a_mapped_address_leads_inside() {
    let pair = Pair::start().await;
    let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
    let names = NameServer::start(move |name, kind, _| match (name, kind) {
        ("moving.example.com", RecordType::A | RecordType::AAAA) => {
            vec![RData::CNAME(CNAME("inside.example.com.".parse().unwrap()))]
        }
        ("inside.example.com", RecordType::A) => vec![v4([127, 0, 0, 1])],
        ("mapped.example.com", RecordType::AAAA) => vec![RData::AAAA(AAAA(mapped))],
        _ => Vec::new(),
    });
    let names = names.await;
    let sender = asking(&names).await;
    for name in ["moving", "mapped"] {
        let url = pair.url().replace("moving", name);
        let Outcome::Failed(error) = outcome(&sender, &url, &pair.receivers).await else {
            panic!("{name}: it was sent")
        };
        assert!(error.starts_with("failed to use the receiver"), "{name}: {error}");
    }
    assert_eq!(pair.forbidden.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let inside = Receiver::start(|_, _| plain("200 OK")).await;
    let target = inside.url("/secret");
    let receiver = Receiver::start(move |_, _| {
        format!("307 Temporary Redirect\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n")
    })
    .await;
    let sender = sender(&settings()).await;
    assert_eq!(outcome(&sender, &receiver.url("/"), &local()).await, Outcome::Answered(307));
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn http_is_refused_unless_the_operator_allows_it() {
    let receiver = Receiver::start(|_, _| plain("200 OK")).await;
    let sender = sender(&settings()).await;
    let encrypted = Receivers { http: false, ..local() };
    let Outcome::Failed(error) = outcome(&sender, &receiver.url("/"), &encrypted).await else {
        panic!("it was sent")
    };
    assert!(error.contains("https"), "{error}");
    assert_eq!(receiver.connections(), 0);
    assert!(receiver.address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST));
}

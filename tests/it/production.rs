//! What only production mode has: processes of their own, and servers that go away.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::harness::command::Run;
use crate::harness::deployment::{address_of, is_production};
use crate::harness::images::broken_png;
use crate::harness::proxy::{Link, Mode};
use crate::harness::{Server, ServerOptions, eventually, idv};

/// The servers: the setting that leads to each, the code for its absence, and whether submitting needs it.
const SERVERS: [(&str, &str, bool); 3] = [
    ("IDV_DATABASE__URL", "database_unreachable", true),
    ("IDV_QUEUE__URL", "queue_unreachable", false),
    ("IDV_BLOBS__ENDPOINT", "store_unreachable", false),
];

/// The server that a setting leads to.
fn address(setting: &str) -> SocketAddr {
    let name = match setting {
        "IDV_DATABASE__URL" => "IDV_TEST_DATABASE_URL",
        "IDV_QUEUE__URL" => "IDV_TEST_AMQP_URL",
        _ => "IDV_TEST_S3_ENDPOINT",
    };
    address_of(&std::env::var(name).unwrap()).parse().unwrap()
}

#[test]
fn readiness_follows_each_server_and_nothing_has_to_be_restarted() {
    if !is_production() {
        return;
    }
    let links = SERVERS.map(|(setting, ..)| (setting, Link::start(address(setting)).unwrap()));
    let mut options = ServerOptions::default().noop();
    for (setting, link) in &links {
        options = options.through(setting, link.address());
    }
    let Some(server) = Server::with(options) else { return };
    let client = server.client();
    for (_, link) in &links {
        link.set(Mode::Delay(Duration::from_millis(20)));
    }
    assert_eq!(client.get("/readyz").status, 200, "slow servers are there all the same");
    for ((_, code, submits), (_, link)) in SERVERS.into_iter().zip(&links) {
        for mode in [Mode::Drop, Mode::HalfOpen { resumes: false }] {
            let id = client.create();
            client.upload(&id, "document_front", &broken_png(1));
            client.upload(&id, "selfie", &broken_png(2));
            link.set(mode);
            eventually("readiness is red", || {
                let answer = client.get("/readyz");
                answer.status == 503 && answer.text().contains(code)
            });
            if submits {
                assert_eq!(client.act(&id, "submit").problem(503), "unavailable");
            } else {
                client.submit(&id);
            }
            link.set(Mode::Pass);
            let back = Instant::now();
            eventually("readiness is green", || client.get("/readyz").status == 200);
            println!("{code}, {mode:?}: ready {:.1} s after its return", back.elapsed().as_secs_f32());
            if submits {
                client.submit(&id);
            }
            assert_eq!(client.settled(&id)["status"], "verified");
            server.data().assert_one_result(&id);
        }
    }
}

#[test]
fn doctor_names_each_server_that_is_away() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = idv();
    command.args(["doctor"]).envs([
        ("IDV_DATABASE__URL", format!("postgres://idv@{free}/idv")),
        ("IDV_QUEUE__URL", format!("amqp://{free}")),
        ("IDV_BLOBS__URL", "s3://bucket".to_owned()),
        ("IDV_BLOBS__ENDPOINT", format!("http://{free}")),
        ("IDV_BLOBS__ALLOW_HTTP", "true".to_owned()),
        ("IDV_KEYS__MASTER", idv_common::keyring::generate_master()),
    ]);
    let text = Run::of(&mut command).expect(1);
    for server in ["database", "object store", "queue"] {
        assert!(text.contains(&format!("missing  {server}")), "{text}");
    }
}

#[test]
fn processes_on_their_own_ask_for_servers_and_for_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let complaint = |arguments: &[&str], settings: &[(&str, &str)]| {
        let mut command = idv();
        command.args(arguments).env("IDV_DATA_DIR", folder.path()).envs(settings.iter().copied());
        let run = Run::of(&mut command);
        assert_eq!((run.code, run.complaints().len()), (1, 1), "{}", run.stderr);
        run.complaints()[0].to_owned()
    };
    for arguments in [["api", "--listen", "127.0.0.1:0"], ["worker", "--roles", "relay"]] {
        let text = complaint(&arguments, &[]);
        assert!(text.contains("`idv serve`") && text.contains("queue.url"), "{text}");
    }
    let half = [("IDV_DATABASE__URL", "postgres://127.0.0.1/idv"), ("IDV_QUEUE__URL", "amqp://127.0.0.1")];
    let text = complaint(&["serve"], &half);
    assert!(text.contains("`blobs.url` is not"), "{text}");
    let whole = [half[0], half[1], ("IDV_BLOBS__URL", "s3://bucket")];
    let text = complaint(&["worker"], &whole);
    assert!(text.contains("keys.master"), "{text}");
}

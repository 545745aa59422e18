//! What only a server can do to its clients: restart, speak TLS, fall silent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::db::{is_migrated, now};

#[tokio::test]
async fn the_schema_goes_up_down_and_up_again() {
    for scratch in databases().await {
        assert!(scratch.db.read(is_migrated).await.unwrap());
        let mut reverted = Vec::new();
        while scratch.db.read(tenants::list).await.is_ok() {
            reverted.push(scratch.db.revert().await.unwrap());
        }
        reverted.reverse();
        assert!(!scratch.db.read(is_migrated).await.unwrap());
        // Whatever were left behind would be in the way now.
        let applied = scratch.db.migrate().await.unwrap();
        assert_eq!(applied.len(), reverted.len());
        assert!(scratch.db.migrate().await.unwrap().is_empty(), "a second time there is nothing to do");
        assert!(scratch.run(tenants::list).await.is_empty());
    }
}

#[tokio::test]
async fn several_processes_may_migrate_at_once() {
    let Some(target) = dialect::scratch_on_server() else { return };
    let (one, other) = (Db::open(&target, 1).unwrap(), Db::open(&target, 1).unwrap());
    let (one, other) = tokio::join!(one.migrate(), other.migrate());
    let mut counts = [one.unwrap().len(), other.unwrap().len()];
    counts.sort_unstable();
    assert_eq!(counts[0], 0, "one does it all");
    assert!(counts[1] > 0);
}

#[tokio::test]
async fn lost_connections_are_replaced() {
    let Some(target) = dialect::scratch_on_server() else { return };
    let db = Db::open(&target, 3).unwrap();
    db.migrate().await.unwrap();
    let ask = || async { futures_util::future::join_all((0..6).map(|_| db.read(now))).await };
    assert!(ask().await.iter().all(Result::is_ok));
    dialect::end_all_connections(&target);
    // What is under way is lost, and the server takes a moment for each; what comes then finds connections that work.
    let started = std::time::Instant::now();
    while !ask().await.iter().all(Result::is_ok) {
        assert!(started.elapsed() < Duration::from_secs(10), "they stay lost");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_to_be_away_at_once() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let target = dialect::Target::postgres(&format!("postgres://idv@{free}/idv")).unwrap();
    let db = Db::open(&target, 1).unwrap();
    let started = std::time::Instant::now();
    assert!(db.read(now).await.unwrap_err().is_unavailable());
    assert!(started.elapsed() < Duration::from_secs(4));
    assert!(dialect::Target::postgres("mysql://db/idv").is_err());
}

#[tokio::test]
async fn a_certificate_is_verified_when_the_url_asks_for_it() {
    let Ok(url) = std::env::var("IDV_TEST_DATABASE_TLS_URL") else {
        eprintln!("skipped: PostgreSQL over TLS, because IDV_TEST_DATABASE_TLS_URL names no server");
        return;
    };
    let open = |url: &str| Db::open(&dialect::Target::postgres(url).unwrap(), 1).unwrap();
    assert!(url.contains("sslmode=verify-full"));
    open(&url).read(now).await.unwrap();
    let unknown = url.split("&sslrootcert=").next().unwrap().to_owned() + "&sslrootcert=/nowhere.pem";
    assert!(open(&unknown).read(now).await.unwrap_err().is_unavailable(), "nobody vouches for it");
    let another = url.replace("localhost", "127.0.0.2");
    assert!(open(&another).read(now).await.unwrap_err().is_unavailable(), "it is another host's");
}

/// Passes bytes between clients and a server until told to be silent; no connection is ever closed.
fn silent_proxy(server: String, silent: Arc<AtomicBool>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(upstream) = TcpStream::connect(&server) else { continue };
            for (mut from, mut to) in [
                (client.try_clone().unwrap(), upstream.try_clone().unwrap()),
                (upstream.try_clone().unwrap(), client.try_clone().unwrap()),
            ] {
                let silent = silent.clone();
                std::thread::spawn(move || {
                    let mut buffer = [0; 8192];
                    while let Ok(count @ 1..) = from.read(&mut buffer) {
                        while silent.load(Ordering::SeqCst) {
                            std::thread::sleep(Duration::from_millis(20));
                        }
                        if to.write_all(&buffer[..count]).is_err() {
                            return;
                        }
                    }
                });
            }
        }
    });
    address
}

#[tokio::test]
async fn a_server_that_falls_silent_blocks_nobody_for_ever() {
    let Ok(url) = std::env::var("IDV_TEST_DATABASE_URL") else { return };
    let (server, silent) = (url.split('@').nth(1).unwrap(), Arc::new(AtomicBool::new(false)));
    let (server, database) = server.split_once('/').unwrap();
    let proxy = silent_proxy(server.to_owned(), silent.clone());
    let user = url.split('@').next().unwrap();
    let target = dialect::Target::postgres(&format!("{user}@{proxy}/{database}")).unwrap();
    let db = Db::open(&target, 1).unwrap();
    db.read(now).await.unwrap();
    silent.store(true, Ordering::SeqCst);
    assert!(db.read(now).await.unwrap_err().is_unavailable(), "the caller is told");
    silent.store(false, Ordering::SeqCst);
    db.read(now).await.unwrap();
}

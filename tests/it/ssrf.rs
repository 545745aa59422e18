//! The real program sends webhooks nowhere but where they may go.

use idv_common::db::webhooks::deliveries::{self, Filter};
use idv_common::db::{self, tenants};
use idv_common::domain::Receivers;

use crate::harness::deployment::is_production;
use crate::harness::receiver::{Receiver, on_this_machine, tell};
use crate::harness::{Server, ServerOptions, eventually};

#[test]
fn webhooks_reach_no_private_address_and_no_proxy() {
    let (proxy, receiver) = (Receiver::start("proxy"), Receiver::start("thanks"));
    let through = format!("http://{}", proxy.address);
    let mut options = ServerOptions::default().noop().set("IDV_WEBHOOKS__TIMEOUT_S", 2);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        options = options.set(name, &through);
    }
    if is_production() {
        println!("skipped: the object store's client would be led astray too");
        return;
    }
    let options = options.set("IDV_WEBHOOKS__DNS", "127.0.0.1:9");
    let Some(server) = Server::with(options) else { return };
    let client = server.client();
    let port = receiver.address.port();
    let hostile = [
        format!("http://127.0.0.1:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://localhost:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://10.0.0.1/".to_owned(),
    ];
    let nowhere = Receivers { http: true, ..Receivers::default() };
    for url in &hostile {
        let id = client.create();
        tell(&server, &id, url, nowhere.clone());
        client.act(&id, "cancel").expect(200);
    }
    let tried = || {
        server.data().transaction(|conn| {
            let tenant = tenants::by_name(conn, "default")?.unwrap().id;
            let found = deliveries::list(conn, &tenant, &Filter::default(), 100)?;
            let mut errors = Vec::new();
            for delivery in found {
                errors.extend(deliveries::attempts(conn, &delivery.id)?.pop().and_then(|last| last.error));
            }
            Ok::<_, db::Error>(errors)
        })
    };
    eventually("each was tried", || tried().len() == hostile.len());
    for error in tried() {
        assert!(error.starts_with("failed to use the receiver"), "{error}");
    }
    assert_eq!((receiver.connections(), proxy.connections()), (0, 0));

    let id = client.create();
    tell(&server, &id, &format!("http://{}/", receiver.address), on_this_machine());
    client.act(&id, "cancel").expect(200);
    eventually("the allowed one is told", || receiver.has("canceled"));
    assert_eq!(proxy.connections(), 0);
}

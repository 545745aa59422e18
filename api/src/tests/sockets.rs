//! What only a real connection shows.

use std::net::TcpListener;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

/// Serves a context on a port of its own, until told to stop.
async fn serve(ctx: &Context) -> (std::net::SocketAddr, tokio::sync::oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async {
        let _ = stopped.await;
    };
    tokio::spawn(crate::run(ctx.clone(), vec![listener], shutdown));
    (address, stop)
}

fn put(api: &Api, id: &str, announced: usize) -> String {
    format!(
        "PUT /v1/verifications/{id}/captures/selfie HTTP/1.1\r\nHost: idv\r\nAuthorization: Bearer {}\r\n\
         Content-Length: {announced}\r\nConnection: close\r\n\r\n",
        api.key
    )
}

#[actix_web::test]
async fn a_client_that_hangs_up_in_the_middle_leaves_nothing() {
    let api = Api::start().await;
    let id = api.create().await;
    let (address, _stop) = serve(&api.ctx).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(put(&api, &id, 8_000_000).as_bytes()).await.unwrap();
    client.write_all(&png(640, 480)).await.unwrap();
    client.write_all(&vec![0; 6_000_000]).await.unwrap();
    drop(client);
    // The server is well, and whatever it had begun to write goes away.
    tokio::time::timeout(Duration::from_secs(10), async {
        while api.objects().await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    let shown = api.get(&format!("/v1/verifications/{id}")).await.expect(200);
    assert_eq!(shown["captures"], json!([]));
}

#[actix_web::test]
async fn a_client_that_stalls_is_told_so() {
    let api = Api::with(|config| config.limits.upload_s = 1).await;
    let id = api.create().await;
    let (address, _stop) = serve(&api.ctx).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(put(&api, &id, 100_000).as_bytes()).await.unwrap();
    client.write_all(&png(640, 480)).await.unwrap();
    let mut answer = String::new();
    let _ = client.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"code\":\"upload_timeout\""), "{answer}");
}

#[actix_web::test]
async fn an_oversize_body_is_refused_before_it_is_sent() {
    let api = Api::start().await;
    let id = api.create().await;
    let (address, _stop) = serve(&api.ctx).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(put(&api, &id, 1_000_000_000).as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = client.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("\"code\":\"body_too_large\""), "{answer}");
}

#[actix_web::test]
async fn a_shutdown_lets_a_request_finish_that_has_begun() {
    let api = Api::start().await;
    let id = api.submit().await;
    let (address, stop) = serve(&api.ctx).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /v1/verifications/{id} HTTP/1.1\r\nHost: idv\r\nAuthorization: Bearer {}\r\nPrefer: wait=20\r\n\r\n",
        api.key
    );
    client.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    api.decide(&id, Verdict::Verified, &[]).await;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"verified\""));
}

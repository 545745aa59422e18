//! Receivers on this machine.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;

/// How a receiver answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner {
    /// It takes what arrives, after this long.
    After(Duration),
    /// It never answers.
    Never,
}

/// Something that has arrived, before it was answered.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// Which receiver it arrived at.
    pub(crate) receiver: usize,
    /// The `webhook-id`.
    pub(crate) id: String,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// When it had arrived.
    pub(crate) at: Instant,
}

/// Starts a receiver that tells of what arrives, and gives its URL. It ends with the runtime.
pub(crate) async fn start(
    receiver: usize,
    manner: Manner,
    arrivals: UnboundedSender<Arrival>,
) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let arrivals = arrivals.clone();
            // A connection that breaks is the sender's affair: what it did not hear of comes again.
            tokio::spawn(async move { serve(receiver, manner, stream, &arrivals).await.ok() });
        }
    });
    Ok(url)
}

async fn serve(
    receiver: usize,
    manner: Manner,
    stream: TcpStream,
    arrivals: &UnboundedSender<Arrival>,
) -> anyhow::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (id, body) = read(&mut stream).await?;
        let _ = arrivals.send(Arrival { receiver, id, body, at: Instant::now() });
        match manner {
            Manner::After(delay) => tokio::time::sleep(delay).await,
            Manner::Never => std::future::pending().await,
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
    }
}

/// The `webhook-id` and the body of the next request.
async fn read(stream: &mut BufReader<TcpStream>) -> anyhow::Result<(String, Vec<u8>)> {
    let (mut id, mut length) = (None, None);
    loop {
        let mut line = String::new();
        anyhow::ensure!(stream.read_line(&mut line).await? > 0, "the connection has ended");
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("webhook-id") => id = Some(value.to_owned()),
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = Some(value.parse()?)
            }
            _ => {}
        }
    }
    let mut body = vec![0; length.context("failed to find the body's length")?];
    stream.read_exact(&mut body).await?;
    Ok((id.context("failed to find the header `webhook-id`")?, body))
}

//! A client that submits verifications with two small images.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use image::{ImageFormat, RgbImage};

const BOUNDARY: &str = "idv-bench-boundary";

/// Posts one and the same form.
#[derive(Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
    url: String,
    key: String,
    form: Arc<Vec<u8>>,
}

impl Client {
    /// A client of the server at `address`.
    pub(crate) fn new(address: &str, key: &str) -> anyhow::Result<Self> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        let form = Arc::new(form()?);
        Ok(Self { agent, url: format!("{address}/v1/verifications"), key: format!("Bearer {key}"), form })
    }

    /// Posts once; gives the time until the answer.
    pub(crate) fn post(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let mut answer = self
            .agent
            .post(&self.url)
            .header("authorization", &self.key)
            .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
            .send(self.form.as_slice())?;
        let text = answer.body_mut().read_to_string()?;
        ensure!(answer.status() == 202, "failed to submit: {} {text}", answer.status());
        Ok(begun.elapsed())
    }

    /// Posts one request after the other until `limit` has passed; gives the time of each.
    pub(crate) fn post_for(&self, limit: Duration) -> anyhow::Result<Vec<Duration>> {
        let begun = Instant::now();
        let mut times = Vec::new();
        while begun.elapsed() < limit {
            times.push(self.post()?);
        }
        Ok(times)
    }
}

fn form() -> anyhow::Result<Vec<u8>> {
    let mut image = Vec::new();
    RgbImage::new(64, 64).write_to(&mut std::io::Cursor::new(&mut image), ImageFormat::Jpeg)?;
    let mut form = Vec::new();
    for part in ["document_front", "selfie"] {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"upload\"\r\n\
             Content-Type: image/jpeg\r\n\r\n"
        );
        form.extend_from_slice(head.as_bytes());
        form.extend_from_slice(&image);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    Ok(form)
}

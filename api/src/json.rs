//! JSON bodies: bounded, and refused with a pointer to what is wrong.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::{Code, Problem};

/// Reads a body of at most `limit` bytes as JSON, and as the `T` that it stands for. An empty body is `{}`.
pub(crate) async fn read<T: DeserializeOwned>(
    req: &HttpRequest,
    payload: Payload,
    limit: usize,
    patience: Duration,
) -> Result<(T, Value), Problem> {
    let body = in_time(patience, collect(payload.map(|chunk| chunk.map_err(broken)), limit)).await?;
    if body.is_empty() {
        return parse(b"{}");
    }
    if !is_json(req) {
        let detail = "send the body as `application/json`";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    parse(&body)
}

fn is_json(req: &HttpRequest) -> bool {
    let essence = media_type(req);
    essence == "application/json" || essence.ends_with("+json")
}

/// The media type of a request's body, in lower case and without parameters.
pub(crate) fn media_type(req: &HttpRequest) -> String {
    let value = req.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The length that a request announces for its body.
pub(crate) fn announced_len(req: &HttpRequest) -> Option<usize> {
    req.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Parses JSON and takes it for a `T`.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<(T, Value), Problem> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        Problem::new(Code::NotJson, format!("line {}, column {}", error.line(), error.column()))
    })?;
    // A derived reader would take a list for the fields in their order.
    if !value.is_object() {
        return Err(Problem::field("", "the body must be a JSON object"));
    }
    let typed = serde_path_to_error::deserialize(&value).map_err(|error| {
        let pointer = pointer(error.path());
        Problem::field(&pointer, error.into_inner().to_string())
    })?;
    Ok((typed, value))
}

/// A JSON pointer, RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                format!("/{}", key.replace('~', "~0").replace('/', "~1"))
            }
            Segment::Unknown => "/".to_owned(),
        })
        .collect()
}

/// Collects a stream of at most `limit` bytes.
pub(crate) async fn collect(
    stream: impl Stream<Item = Result<Bytes, Problem>>,
    limit: usize,
) -> Result<BytesMut, Problem> {
    let mut body = BytesMut::new();
    futures_util::pin_mut!(stream);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        if body.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Bounds the time that a body may take to arrive.
pub(crate) async fn in_time<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    tokio::time::timeout(patience, work).await.unwrap_or_else(|_| {
        let detail = format!("the whole body has to arrive within {} s", patience.as_secs());
        Err(Problem::new(Code::UploadTimeout, detail))
    })
}

/// The problem of a body that is larger than `limit` bytes.
pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("at most {limit} bytes are taken here"))
}

/// The problem of a body whose connection broke.
pub(crate) fn broken(error: PayloadError) -> Problem {
    match error {
        PayloadError::Overflow => Problem::new(Code::BodyTooLarge, "the body is too large"),
        _ => Problem::new(Code::BodyIncomplete, "the connection ended before the body did"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Sample {
        name: String,
    }

    fn refused(text: &str) -> String {
        parse::<Sample>(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        assert_eq!(refused("{"), "not_json: line 1, column 1");
        let wrong = refused(r#"{"name": 1}"#);
        assert!(wrong.starts_with("invalid_field: /name: invalid type"), "{wrong}");
        let unknown = refused(r#"{"name": "x", "nmae": "y"}"#);
        assert!(unknown.starts_with("invalid_field: /nmae: unknown field"), "{unknown}");
    }
}

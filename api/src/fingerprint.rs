//! The digest of what a request asks for, by which a repeated request is told from a different one.

use actix_web::HttpRequest;
use idv_common::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Collects what a request asks for: method and path, then its JSON or its parts.
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Begins with method and path.
    pub(crate) fn of(req: &HttpRequest) -> Self {
        let mut this = Self(Sha256::new());
        this.add(req.method().as_str());
        this.add(req.path());
        this
    }

    /// Adds a JSON body; the order of its keys and its white space do not matter.
    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.add(&canonical(body));
        self
    }

    /// Adds multipart parts by name and content; their order and the boundary do not matter.
    pub(crate) fn parts(mut self, parts: &[(String, String)]) -> Self {
        let mut parts: Vec<_> = parts.iter().collect();
        parts.sort_unstable();
        for (name, sha256) in parts {
            self.add(name);
            self.add(sha256);
        }
        self
    }

    /// The digest, in hex.
    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }

    fn add(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }
}

/// JSON with sorted keys, whatever order the map type keeps.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            let entries: Vec<_> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_keys_and_parts_does_not_matter_but_their_content_does() {
        let req = TestRequest::post().uri("/v1/verifications").to_http_request();
        let of = |text: &str| Fingerprint::of(&req).json(&serde_json::from_str(text).unwrap()).finish();
        assert_eq!(of(r#"{"a": 1, "b": [true, {}]}"#), of(r#"{"b":[true,{}],"a":1}"#));
        assert_ne!(of(r#"{"a": 1}"#), of(r#"{"a": "1"}"#));
        let part = |name: &str, sha256: &str| (name.to_owned(), sha256.to_owned());
        let (a, b) = (part("selfie", "00"), part("document_front", "11"));
        let of = |parts: &[_]| Fingerprint::of(&req).parts(parts).finish();
        assert_eq!(of(&[a.clone(), b.clone()]), of(&[b, a.clone()]));
        assert_ne!(of(&[a]), of(&[part("selfie", "01")]));
        assert_eq!(canonical(&json!({"b": 1, "a": null})), r#"{"a":null,"b":1}"#);
    }
}

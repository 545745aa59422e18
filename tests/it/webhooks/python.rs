//! The reference verifier of another language, which `scripts/setup verifier` installs.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::json;

use super::receiver::Arrived;

/// Verifies each line of its input and says whether the signature holds.
const VERIFY: &str = r#"
import json, sys
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
for line in sys.stdin:
    given = json.loads(line)
    try:
        Webhook(given["secret"]).verify(given["body"], given["headers"])
        print("valid")
    except WebhookVerificationError as error:
        print(f"invalid: {error}")
"#;

/// Python with the package `standardwebhooks`; says so if there is none.
fn python() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let python = cache.join("idv-tools/webhooks/bin/python");
    if python.exists() {
        return Some(python);
    }
    println!("skipped: the Python package standardwebhooks is not installed: run scripts/setup verifier");
    None
}

/// What the verifier says of each request under this secret. `None` without the verifier.
pub fn verify(arrived: &[Arrived], secret: &str) -> Option<Vec<String>> {
    let mut child = Command::new(python()?)
        .args(["-c", VERIFY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for arrived in arrived {
        let body = String::from_utf8(arrived.body.clone()).unwrap();
        writeln!(input, "{}", json!({"secret": secret, "headers": arrived.headers, "body": body})).unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

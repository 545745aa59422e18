//! Verifications, step by step, the way a caller goes through them.

use serde_json::{Value, json};

use super::{Answer, Client, Part};

impl Client {
    /// Creates a verification that waits for its captures, and gives its id.
    #[track_caller]
    pub fn create(&self) -> String {
        id(&self.post("/v1/verifications", &json!({})).expect(201))
    }

    /// Uploads a capture that has to be taken.
    #[track_caller]
    pub fn upload(&self, id: &str, kind: &str, image: &[u8]) -> Value {
        self.put(&capture(id, kind), image).expect(200)
    }

    #[track_caller]
    pub fn submit(&self, id: &str) -> Value {
        self.act(id, "submit").expect(202)
    }

    /// Posts to one of a verification's verbs, without a body.
    pub fn act(&self, id: &str, verb: &str) -> Answer {
        self.send("POST", &format!("/v1/verifications/{id}/{verb}"), &[], b"")
    }

    #[track_caller]
    pub fn verification(&self, id: &str) -> Value {
        self.get(&format!("/v1/verifications/{id}")).expect(200)
    }

    /// Waits until a verification is no longer being processed, and shows it.
    #[track_caller]
    pub fn settled(&self, id: &str) -> Value {
        for _ in 0..6 {
            let view =
                self.get_with(&format!("/v1/verifications/{id}"), &[("prefer", "wait=30")]).expect(200);
            if view["status"] != "processing" {
                return view;
            }
        }
        panic!("{id} is not settled after three minutes");
    }

    /// Creates, uploads, submits and waits, with one request if it is fast enough.
    #[track_caller]
    pub fn verify(&self, front: &[u8], selfie: &[u8]) -> Value {
        let parts = [Part::image("document_front", front), Part::image("selfie", selfie)];
        let answer = self.post_parts("/v1/verifications", &parts, &[("prefer", "wait=60")]);
        assert!(matches!(answer.status, 200 | 202), "{}", answer.text());
        self.settled(&id(&answer.json()))
    }
}

/// The path of a capture.
pub fn capture(id: &str, kind: &str) -> String {
    format!("/v1/verifications/{id}/captures/{kind}")
}

/// The path of the picture of what was found.
pub fn evidence(id: &str) -> String {
    format!("/v1/verifications/{id}/evidence.png")
}

#[track_caller]
pub fn id(view: &Value) -> String {
    view["id"].as_str().expect("it has an id").to_owned()
}

/// The codes of the decision's reasons.
#[track_caller]
pub fn reasons(view: &Value) -> Vec<&str> {
    let reasons = view["decision"]["reasons"].as_array().unwrap_or_else(|| panic!("no decision: {view}"));
    reasons.iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

/// A check of the report.
#[track_caller]
pub fn check<'a>(view: &'a Value, name: &str) -> &'a Value {
    let checks = view["checks"].as_array().unwrap_or_else(|| panic!("no report: {view}"));
    checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check `{name}`"))
}

/// Every reason code of every check.
pub fn all_reasons(view: &Value) -> Vec<&str> {
    let checks = view["checks"].as_array().into_iter().flatten();
    checks
        .flat_map(|check| check["reasons"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect()
}

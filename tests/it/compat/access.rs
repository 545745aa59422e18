//! Who may call the earlier systems' interfaces, and where they are answered.

use serde_json::json;

use super::COMPARE;
use super::shell::Shell;
use crate::harness::command::Run;
use crate::harness::deployment::is_production;
use crate::harness::{Server, ServerOptions, idv};

const DOCUMENTED: &str = "http://localhost:5000";
const HOME: &str = "curl http://localhost:5000/";
/// A form without parts is refused, but only after its caller was let in.
const FORM: &str = "curl http://localhost:5000/compare -F reference_image=";

fn start(options: ServerOptions) -> Server {
    Server::with(options.noop()).expect("it needs no models")
}

/// A key of a tenant, which is made first if it is not there.
fn key_of(server: &Server, tenant: &str) -> String {
    server.command(&["tenants", "create", tenant]);
    server.command(&["keys", "create", "--tenant", tenant, "test"]).expect(0).trim().to_owned()
}

#[test]
fn without_a_key_only_programs_on_this_machine_are_answered() {
    let server = start(ServerOptions::default().set("IDV_COMPAT", COMPARE));
    let shell = Shell::new(&server, DOCUMENTED);
    let status = |line: &str, header: &str| shell.curl(&format!("{line} -H '{header}'")).status;
    assert_eq!(status(HOME, "X: y"), 200);
    assert_eq!(status(FORM, "X: y"), 400);
    for foreign in [
        "Host: evil.example",
        "Host: 192.168.1.20:5000",
        "Origin: https://evil.example",
        "Origin: null",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
    ] {
        assert_eq!((status(HOME, foreign), status(FORM, foreign)), (403, 403), "{foreign}");
    }
    let refused = shell.curl(&format!("{HOME} -H 'Host: evil.example'")).json(403);
    assert_eq!(refused["success"], json!(false));
    let refused = shell.curl(&format!("{FORM} -H 'Host: evil.example'")).json(403);
    assert!(refused["error"].is_string(), "{refused}");
}

#[test]
fn a_key_has_to_be_the_systems_own() {
    let server = start(ServerOptions::default().set("IDV_COMPAT", COMPARE));
    let shell = Shell::new(&server, DOCUMENTED);
    let status =
        |line: &str, key: &str| shell.curl(&format!("{line} -H 'Authorization: Bearer {key}'")).status;
    let (own, other) = (key_of(&server, "facemetric"), key_of(&server, "face-recognition-api"));
    assert_eq!(status(FORM, &own), 400, "it was let in");
    assert_eq!(status(FORM, &other), 403);
    assert_eq!(status(FORM, server.key()), 403);
    assert_eq!(status(FORM, "sk_nonsense"), 401);
    assert_eq!((status(HOME, &other), status(HOME, &own)), (200, 403));
}

#[test]
fn a_key_may_be_asked_of_everybody() {
    let options = ServerOptions::default()
        .set("IDV_COMPAT__SYSTEMS", COMPARE)
        .set("IDV_COMPAT__REQUIRE_KEY", true)
        .set("IDV_COMPAT__FACEMETRIC__TENANT", "photos")
        .listening_on("0.0.0.0:0");
    let server = start(options);
    let shell = Shell::new(&server, DOCUMENTED);
    assert_eq!((shell.curl(HOME).status, shell.curl(FORM).status), (401, 401));
    let key = key_of(&server, "photos");
    assert_eq!(shell.curl(&format!("{FORM} -H 'Authorization: Bearer {key}'")).status, 400);
}

#[test]
fn where_others_reach_it_the_program_refuses_to_start_without_keys() {
    let folder = tempfile::tempdir().unwrap();
    let run = if is_production() {
        let server = start(ServerOptions::default().set("IDV_COMPAT", COMPARE));
        server.command(&["api", "--listen", "0.0.0.0:0"])
    } else {
        let mut command = idv();
        command.args(["serve", "--listen", "127.0.0.1:0", "--listen", "0.0.0.0:0"]);
        Run::of(command.env("IDV_DATA_DIR", folder.path()).env("IDV_COMPAT", COMPARE))
    };
    assert_eq!(run.code, 1, "{}", run.stderr);
    let [complaint] = run.complaints()[..] else { panic!("{}", run.stderr) };
    for part in ["face-recognition-api, facemetric", "0.0.0.0:", "compat_allow_unauthenticated = true"] {
        assert!(complaint.contains(part), "{complaint}");
    }
}

#[test]
fn where_others_reach_it_it_answers_if_that_is_allowed_and_warns() {
    let options = ServerOptions::default()
        .set("IDV_COMPAT", COMPARE)
        .set("IDV_COMPAT_ALLOW_UNAUTHENTICATED", true)
        .set("IDV_SERVER__PUBLIC_URL", "http://idv.internal")
        .listening_on("0.0.0.0:0");
    let server = start(options);
    let log = server.log();
    assert!(log.contains("WARN") && log.contains("they ask for no API key"), "{log}");
    let shell = Shell::new(&server, DOCUMENTED);
    assert_eq!(shell.curl(HOME).status, 200, "an address");
    assert_eq!(shell.curl(&format!("{HOME} -H 'Host: idv.internal'")).status, 200, "the public name");
    assert_eq!(shell.curl(&format!("{HOME} -H 'Host: evil.example'")).status, 403);
    assert_eq!(shell.curl(&format!("{HOME} -H 'X-Forwarded-For: 203.0.113.9'")).status, 200);
    assert_eq!(shell.curl(&format!("{HOME} -H 'Origin: https://evil.example'")).status, 403);
}

#[test]
fn a_system_alone_answers_whatever_comes_to_compare() {
    const JSON: &str = "curl http://localhost:5000/compare -H 'Content-Type: application/json' -d '{}'";
    let answers = |systems: &str| {
        let server = start(ServerOptions::default().set("IDV_COMPAT", systems));
        let shell = Shell::new(&server, DOCUMENTED);
        [shell.curl(HOME), shell.curl(JSON), shell.curl(FORM)].map(|reply| (reply.status, reply.text))
    };
    let [home, json, form] = answers("facemetric");
    assert_eq!(home.0, 404);
    assert!(json.0 == 400 && json.1.contains("multipart/form-data") && json.1.contains("error"), "{json:?}");
    assert!(form.1.contains("the file has no bytes"), "{form:?}");
    let [home, json, form] = answers("face-recognition-api");
    assert_eq!(home.0, 200);
    assert!(json.1.contains("passport: the field is missing"), "{json:?}");
    assert!(form.0 == 400 && form.1.contains("must be a JSON object"), "{form:?}");
    assert_eq!(answers("").map(|(status, _)| status), [404, 404, 404]);
}

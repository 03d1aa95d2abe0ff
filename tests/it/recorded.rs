//! Replays what was recorded of a service: the client asks the same again, and understands the same.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};
use sendblue_contacts::{Credentials, http};
use serde_json::{Value, json};

use crate::conformance::{probe, program, scenarios, suite};

/// The recordings that are checked in: of a sandbox, and of whatever else somebody has recorded.
fn recordings() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/conformance");
    fs::read_dir(fixtures).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect()
}

/// The fixtures of a recording, by their names.
fn fixtures(recording: &Path) -> BTreeMap<String, Value> {
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON"))
    };
    fs::read_dir(recording).expect("fixtures").map(|entry| read(entry.expect("an entry").path())).collect()
}

/// What is still to be asked, and what was asked in another way.
#[derive(Default)]
struct Replay {
    exchanges: Vec<Value>,
    given: usize,
    differences: Vec<String>,
}

impl Replay {
    /// The next answer; of a request that is another one than was recorded, none.
    fn answer(&mut self, request: &HttpMockRequest) -> HttpMockResponse {
        let exchange = self.exchanges.get(self.given).cloned().unwrap_or_default();
        self.given += 1;
        let asked = asked(request);
        if exchange["request"] != asked {
            self.differences
                .push(format!("request {}:\n{asked:#}\nnot as recorded:\n{:#}", self.given, exchange["request"]));
        }
        let recorded = &exchange["response"];
        let status = recorded["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        let mut response = http::Response::builder().status(status.unwrap_or(599));
        for (name, value) in recorded["headers"].as_object().into_iter().flatten() {
            response = response.header(name, value.as_str().expect("a text"));
        }
        let body = match (recorded.get("json"), recorded.get("text")) {
            (Some(json), _) => json.to_string(),
            (None, text) => text.and_then(Value::as_str).unwrap_or_default().to_owned(),
        };
        response.body(body).expect("a response").into()
    }
}

/// A request as fixtures have it.
fn asked(request: &HttpMockRequest) -> Value {
    let request: http::Request<String> = request.into();
    let url = url::Url::parse(&format!("http://localhost{}", request.uri().path_and_query().expect("a path")))
        .expect("a URL");
    let path = url.path().replace("%2B", "+");
    let mut asked = json!({ "method": request.method().as_str(), "path": path });
    let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    if !query.is_empty() {
        asked["query"] = json!(query);
    }
    if !request.body().is_empty() {
        asked["json"] = serde_json::from_str(request.body()).expect("JSON");
    }
    asked
}

/// Runs the suite against the fixtures.
async fn replay(fixtures: &BTreeMap<String, Value>) -> (suite::Report, Replay) {
    let names = ["before"].into_iter().chain(scenarios::SCENARIOS.map(|scenario| scenario.name)).chain(["after"]);
    let exchanges = names.flat_map(|name| fixtures[name]["exchanges"].as_array().expect(name).clone());
    let replay = Arc::new(Mutex::new(Replay { exchanges: exchanges.collect(), ..Replay::default() }));
    let server = MockServer::start_async().await;
    let shared = Arc::clone(&replay);
    server
        .mock_async(|when, then| {
            when.any_request();
            then.respond_with(move |request| shared.lock().expect("no panic").answer(request));
        })
        .await;
    let credentials = Credentials::key_pair("key", "secret").expect("valid");
    let verify = fixtures["recording"]["verify"].as_str().map(|number| number.parse().expect("a number"));
    let target = program::target(credentials, server.base_url(), verify, Arc::default()).expect("valid");
    let probe = probe::Probe::new(target).expect("a document");
    let report = suite::run(&probe, |_| {}).await.expect("the numbers were free");
    let replay = std::mem::take(&mut *replay.lock().expect("no panic"));
    (report, replay)
}

#[tokio::test]
async fn the_client_asks_and_understands_what_it_did() {
    let recordings = recordings();
    assert!(recordings.iter().any(|recording| recording.ends_with("sandbox")), "{recordings:?}");
    for recording in recordings {
        let fixtures = fixtures(&recording);
        assert!(fixtures["recording"]["of"].is_string(), "{} does not say of what it is", recording.display());
        let (report, replay) = replay(&fixtures).await;
        assert!(replay.differences.is_empty(), "{}", replay.differences.join("\n"));
        assert_eq!(replay.given, replay.exchanges.len(), "not all was asked");
        for row in &report.rows {
            let recorded = &fixtures[row.scenario.name];
            let seen = json!({ "seen": row.seen.text, "verdict": format!("{:?}", row.seen.verdict) });
            let expected = json!({ "seen": recorded["seen"], "verdict": recorded["verdict"] });
            assert_eq!(seen, expected, "{}", row.scenario.name);
        }
        assert_eq!(report.trouble, [""; 0]);
    }
}

#[tokio::test]
async fn a_replay_notices_another_request_and_another_answer() {
    let sandbox = recordings().into_iter().find(|recording| recording.ends_with("sandbox")).expect("it");
    let fixtures = fixtures(&sandbox);

    let mut other = fixtures.clone();
    other.get_mut("create").expect("it")["exchanges"][0]["request"]["json"]["last_name"] = json!("Byron");
    let (_, noticed) = replay(&other).await;
    assert_eq!(noticed.differences.len(), 1);

    let mut other = fixtures;
    other.get_mut("create").expect("it")["exchanges"][1]["response"]["json"]["contact"]["last_name"] = json!("Byron");
    let (report, noticed) = replay(&other).await;
    assert_eq!(noticed.differences, [""; 0]);
    let create = report.rows.iter().find(|row| row.scenario.name == "create").expect("it");
    assert_eq!(create.seen.verdict, suite::Verdict::Differs);
}

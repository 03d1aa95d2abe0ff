//! Replays recorded exchanges: the client must send the same requests and return the same results.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use conformance::{
    probe::{Probe, Target},
    scenarios, suite,
};
use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};
use sendblue_contacts::{Credentials, http};
use serde_json::{Value, json};

/// The recordings that are checked in: of a sandbox, and of whatever else somebody has recorded.
fn recordings() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/conformance");
    fs::read_dir(fixtures).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect()
}

/// Reads the fixtures of a recording, by name.
fn fixtures(recording: &Path) -> BTreeMap<String, Value> {
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON"))
    };
    fs::read_dir(recording).expect("fixtures").map(|entry| read(entry.expect("an entry").path())).collect()
}

/// A recording that is played back, and the differences found so far.
#[derive(Default)]
struct Replay {
    exchanges: Vec<Value>,
    replayed: usize,
    differences: Vec<String>,
}

impl Replay {
    /// Returns the next recorded response, and notes a request that differs from the recorded one.
    fn respond(&mut self, request: &HttpMockRequest) -> HttpMockResponse {
        let exchange = self.exchanges.get(self.replayed).cloned().unwrap_or_default();
        self.replayed += 1;
        let sent = fixture_of(request);
        if exchange["request"] != sent {
            self.differences.push(format!(
                "request {}:\n{sent:#}\ndiffers from the recorded one:\n{:#}",
                self.replayed, exchange["request"]
            ));
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

/// Converts a request to the form of a fixture.
fn fixture_of(request: &HttpMockRequest) -> Value {
    let request: http::Request<String> = request.into();
    let url = url::Url::parse(&format!("http://localhost{}", request.uri().path_and_query().expect("a path")))
        .expect("a URL");
    let path = url.path().replace("%2B", "+");
    let mut fixture = json!({ "method": request.method().as_str(), "path": path });
    let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    if !query.is_empty() {
        fixture["query"] = json!(query);
    }
    if !request.body().is_empty() {
        fixture["json"] = serde_json::from_str(request.body()).expect("JSON");
    }
    fixture
}

/// Runs the conformance suite against the fixtures.
async fn replay(fixtures: &BTreeMap<String, Value>) -> (suite::Report, Replay) {
    let names = ["before"].into_iter().chain(scenarios::SCENARIOS.map(|scenario| scenario.name)).chain(["after"]);
    let exchanges = names.flat_map(|name| fixtures[name]["exchanges"].as_array().expect(name).clone());
    let replay = Arc::new(Mutex::new(Replay { exchanges: exchanges.collect(), ..Replay::default() }));
    let server = MockServer::start_async().await;
    let shared = Arc::clone(&replay);
    server
        .mock_async(|when, then| {
            when.any_request();
            then.respond_with(move |request| shared.lock().expect("no panic").respond(request));
        })
        .await;
    let credentials = Credentials::key_pair("key", "secret").expect("valid");
    let verify = fixtures["recording"]["verify"].as_str().map(|number| number.parse().expect("a number"));
    let target = Target::new(credentials, server.base_url(), verify, Arc::default()).expect("valid");
    let probe = Probe::new(target).expect("a document");
    let report = suite::run(&probe, |_| {}).await.expect("the numbers were free");
    let replay = std::mem::take(&mut *replay.lock().expect("no panic"));
    (report, replay)
}

#[tokio::test]
async fn replaying_a_recording_gives_the_recorded_requests_and_verdicts() {
    let recordings = recordings();
    assert!(recordings.iter().any(|recording| recording.ends_with("sandbox")), "{recordings:?}");
    for recording in recordings {
        let fixtures = fixtures(&recording);
        assert!(fixtures["recording"]["of"].is_string(), "{} does not name the recorded service", recording.display());
        let (report, replay) = replay(&fixtures).await;
        assert!(replay.differences.is_empty(), "{}", replay.differences.join("\n"));
        assert_eq!(replay.replayed, replay.exchanges.len(), "some recorded requests were not sent");
        for row in &report.rows {
            let recorded = &fixtures[row.scenario.name];
            let seen = json!({ "seen": row.observation.text, "verdict": format!("{:?}", row.observation.verdict) });
            let expected = json!({ "seen": recorded["seen"], "verdict": recorded["verdict"] });
            assert_eq!(seen, expected, "{}", row.scenario.name);
        }
        assert_eq!(report.problems, [""; 0]);
    }
}

#[tokio::test]
async fn a_replay_reports_a_changed_request_and_a_changed_response() {
    let sandbox = recordings().into_iter().find(|recording| recording.ends_with("sandbox")).expect("the fixture");
    let fixtures = fixtures(&sandbox);

    let mut changed = fixtures.clone();
    changed.get_mut("create").expect("the fixture")["exchanges"][0]["request"]["json"]["last_name"] = json!("Byron");
    let (_, replayed) = replay(&changed).await;
    assert_eq!(replayed.differences.len(), 1);

    let mut other = fixtures;
    other.get_mut("create").expect("it")["exchanges"][1]["response"]["json"]["contact"]["last_name"] = json!("Byron");
    let (report, noticed) = replay(&other).await;
    assert_eq!(noticed.differences, [""; 0]);
    let create = report.rows.iter().find(|row| row.scenario.name == "create").expect("it");
    assert_eq!(create.observation.verdict, suite::Verdict::Differs);
}

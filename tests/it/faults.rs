//! The fault matrix: whatever goes wrong on the way, each class of operation ends in time, with an error that says what is
//! known, after no more requests than its policy allows, and shows nothing private.

use std::{collections::BTreeSet, io, sync::Arc, time::Duration};

use sendblue_contacts::{Client, ClientBuilder, Contacts, Credentials, Error, NewContact, Response};
use tokio::{net::TcpSocket, sync::Semaphore, task::JoinSet};
use tracing::instrument::WithSubscriber as _;

use self::rows::{Cell, Class, Expected, Limits, PREDICATES, Row, Source, Token, Wait, rows};
use crate::{
    capture::Capture,
    secrets::printed,
    server::{Answer, Server},
};

mod cancelled;
mod idle;
mod memory;
mod repeated;
mod rows;
#[cfg(feature = "rustls")]
mod tls;
mod traced;

const KEY: &str = "canary-key-id";
const SECRET: &str = "canary-secret-key";
const TOKEN: &str = "canary-token";
const NUMBER: &str = "+14155559876";
const NAME: &str = "Canary Lovelace";
/// What servers put into every part of their answers.
const CANARY: &str = "canary-body";

/// No part of any of the above may show.
const PRIVATE: [&str; 4] = ["canary", "Canary", "Lovelace", "4155559876"];

/// How late a call may end.
const GRACE: Duration = Duration::from_secs(2);

/// How many calls are made at a time.
const AT_A_TIME: usize = 64;

/// The operations that meet every fault.
const OPERATIONS: [(&str, Class); 4] =
    [("retrieve", Class::Read), ("update", Class::Safe), ("create", Class::Create), ("verify", Class::Verify)];

/// The others, which meet a fault of each kind.
const OTHERS: [(&str, Class); 7] = [
    ("list", Class::Read),
    ("count", Class::Read),
    ("upsert", Class::Safe),
    ("opt_out", Class::Safe),
    ("delete", Class::Safe),
    ("bulk.delete", Class::Safe),
    ("bulk.create", Class::Create),
];

/// What [`OTHERS`] meet.
const OF_EACH_KIND: [&str; 14] = [
    "refused",
    "closed-unanswered",
    "reset-in-body",
    "silent",
    "silent-in-body",
    "garbage",
    "body-short",
    "body-large",
    "empty",
    "types",
    "reported",
    "html-502",
    "redirect-307",
    "limited",
];

/// What is of interest in an answer that nobody is after.
struct Answered {
    attempts: u32,
    shown: String,
}

impl<T> From<Response<T>> for Answered {
    fn from(response: Response<T>) -> Self {
        Self { attempts: response.attempts(), shown: format!("{response:?} {response:#?}") }
    }
}

async fn call(contacts: &Contacts, operation: &str) -> Result<Answered, Error> {
    let bulk = contacts.bulk();
    Ok(match operation {
        "retrieve" => contacts.retrieve(NUMBER).send_raw().await?.into(),
        "list" => contacts.list().phone_number(NUMBER).query("name", NAME).send_raw().await?.into(),
        "count" => contacts.count().send_raw().await?.into(),
        "update" => contacts.update(NUMBER).first_name(NAME).send_raw().await?.into(),
        "upsert" => contacts.create(NUMBER).first_name(NAME).update_if_exists(true).send_raw().await?.into(),
        "opt_out" => contacts.opt_out(NUMBER).send_raw().await?.into(),
        "delete" => contacts.delete(NUMBER).send_raw().await?.into(),
        "bulk.delete" => bulk.delete([NUMBER]).send_raw().await?.into(),
        "create" => contacts.create(NUMBER).first_name(NAME).send_raw().await?.into(),
        "bulk.create" => bulk.create([NewContact::new(NUMBER).first_name(NAME)]).send_raw().await?.into(),
        "verify" => contacts.verify(NUMBER).send_raw().await?.into(),
        _ => unreachable!("{operation}"),
    })
}

/// The settings that all clients here have in common.
fn settings() -> ClientBuilder {
    Client::builder()
        .credentials(Credentials::key_pair(KEY, SECRET).expect("valid"))
        .retry_delay(Duration::from_millis(1), Duration::from_millis(2))
}

fn token_provider(token: Token) -> Credentials {
    Credentials::bearer_provider(move || async move {
        match token {
            Token::Fails => Err(io::Error::other("no token today")),
            Token::DoesNotFit => Ok(format!("{TOKEN}\n")),
            Token::NeverComes => std::future::pending().await,
        }
    })
}

/// The fault of a row, in place, and a client that meets it.
struct Place {
    server: Option<Server>,
    client: Client,
    /// Where nothing listens.
    _port: Option<TcpSocket>,
}

async fn set_up(row: &Row, limits: Limits, elsewhere: &Server) -> Place {
    let settings = settings()
        .connect_timeout(limits.connect)
        .attempt_timeout(limits.attempt)
        .timeout(limits.call)
        .max_body(limits.body);
    #[cfg(feature = "rustls")]
    let over_tls = |server: Server, settings: ClientBuilder| {
        let url = server.url().replace("http:", "https:");
        (Some(server), settings.base_url(url).root_certificate(tls::authority()))
    };
    let (server, settings) = match &row.source {
        Source::Answers(answers) => {
            let server = Server::script(answers.clone()).await;
            let url = server.url();
            (Some(server), settings.base_url(url))
        }
        Source::Elsewhere(answer) => {
            let server = Server::script_of(|own| vec![Answer::Bytes(answer(own, &elsewhere.url()))]).await;
            let url = server.url();
            (Some(server), settings.base_url(url))
        }
        Source::Refused => {
            let server = Server::bytes("").await;
            let url = server.url();
            let port = server.gone().await;
            return Place { server: None, client: settings.base_url(url).build().expect("valid"), _port: Some(port) };
        }
        Source::Unresolved => (None, settings.base_url("http://contacts.invalid").allow_insecure_http(true)),
        Source::Token(token) => {
            let server = Server::bytes("").await;
            let url = server.url();
            (Some(server), settings.base_url(url).credentials(token_provider(*token)))
        }
        #[cfg(feature = "rustls")]
        Source::Tls(certificate, answer) => {
            over_tls(Server::tls(tls::acceptor(*certificate), [answer.clone()]).await, settings)
        }
        #[cfg(feature = "rustls")]
        Source::TlsElsewhere(answer) => {
            let answer = Answer::Bytes(answer(&elsewhere.url()));
            over_tls(Server::tls(tls::acceptor(tls::Certificate::Valid), [answer]).await, settings)
        }
        #[cfg(feature = "rustls")]
        Source::NoTls(answer) => over_tls(Server::start(answer.clone()).await, settings),
    };
    Place { server, client: settings.build().expect("valid"), _port: None }
}

/// Holds one call against its row.
async fn hold(row: &Row, limits: Limits, operation: &str, class: Class, place: Place) -> Result<(), String> {
    let Place { server, client, _port } = place;
    let capture = Capture::default();
    let contacts = client.contacts();
    let call = call(&contacts, operation).with_subscriber(capture.clone());
    let result = tokio::time::timeout(limits.call + GRACE, call).await.expect("ends in time");

    let shown = result.as_ref().map_or_else(printed, |answered| answered.shown.clone());
    for (place, text) in [("the text", &shown), ("what is traced", &capture.text())] {
        if let Some(private) = PRIVATE.iter().find(|private| text.contains(**private)) {
            panic!("{}, {operation}: {place} shows {private}: {text}", row.id);
        }
    }

    let expected = row.cell(operation, class);
    let (outcome, attempts) = match &result {
        Ok(answered) => (None, answered.attempts),
        Err(error) => {
            says(error, &row.error)?;
            (Some(error.outcome()), error.attempts())
        }
    };
    let (requests, connections) = server.as_ref().map_or((0, 0), |server| (server.requests(), server.connections()));
    let found = Cell { outcome, requests, attempts };
    if found != expected {
        return Err(format!("{found:?} instead of {expected:?}: {shown}"));
    }
    if connections > attempts as usize {
        return Err(format!("{connections} connections for {attempts} attempts"));
    }

    if capture.spans().len() != 1 || capture.events().len() != attempts as usize {
        return Err(format!("not a span for the call and an event for each attempt: {}", capture.text()));
    }

    // Without TLS that can be trusted nothing may be said, the keys least of all.
    #[cfg(feature = "rustls")]
    if let (Source::Tls(..) | Source::NoTls(_), Some(server), 0) = (&row.source, &server, requests) {
        let received = server.received();
        let text = String::from_utf8_lossy(&received);
        if ["sb-api", "/api/", "HTTP/"].into_iter().chain(PRIVATE).any(|private| text.contains(private)) {
            return Err(format!("the server got {text}"));
        }
    }
    Ok(())
}

/// Holds what an error says against what it has to say.
fn says(error: &Error, expected: &Expected) -> Result<(), String> {
    let holding: Vec<_> = PREDICATES.iter().filter(|(_, is)| is(error)).map(|(name, _)| *name).collect();
    if holding != expected.predicates {
        return Err(format!("{holding:?} instead of {:?}: {error:?}", expected.predicates));
    }
    let status = error.status().map(|status| status.as_u16());
    if status != expected.status {
        return Err(format!("the status {status:?} instead of {:?}", expected.status));
    }
    if (error.message(), error.code()) != (expected.message, expected.code) {
        return Err(format!("{:?} and {:?} are said", error.message(), error.code()));
    }
    let is_as_asked = match (expected.retry_after, error.retry_after()) {
        (Wait::NotAsked, None) => true,
        (Wait::Seconds(seconds), Some(wait)) => wait == Duration::from_secs(seconds),
        (Wait::Millis(millis), Some(wait)) => wait == Duration::from_millis(millis),
        (Wait::MoreThanAYear, Some(wait)) => wait > Duration::from_secs(365 * 24 * 3600),
        _ => false,
    };
    if is_as_asked { Ok(()) } else { Err(format!("the wait is {:?}", error.retry_after())) }
}

/// A row, and one of the operations that meet its fault.
type Meeting = (Arc<Row>, &'static str, Class);

fn meetings() -> Vec<Meeting> {
    let mut meetings = Vec::new();
    for row in rows().into_iter().map(Arc::new) {
        if matches!(row.source, Source::Unresolved) && is_proxied() {
            println!("skipped: {}, since the environment has a proxy, which is what would resolve it", row.id);
            continue;
        }
        let others = if OF_EACH_KIND.contains(&row.id) { &OTHERS[..] } else { &[] };
        let operations = OPERATIONS.iter().chain(others);
        meetings.extend(operations.map(|(operation, class)| (Arc::clone(&row), *operation, *class)));
    }
    meetings
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_ends_as_the_table_says() {
    let elsewhere = Arc::new(Server::start(Answer::body("200 OK", "{}")).await);
    let (ample, short): (Vec<_>, Vec<_>) = meetings().into_iter().partition(|(row, ..)| row.limits.is_ample());
    let mut problems = Vec::new();

    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut calls = JoinSet::new();
    for meeting in ample {
        let (elsewhere, places) = (Arc::clone(&elsewhere), Arc::clone(&places));
        calls.spawn(async move {
            let _place = places.acquire().await.expect("open");
            let (row, operation, class) = &meeting;
            let place = set_up(row, row.limits, &elsewhere).await;
            named(&meeting, hold(row, row.limits, operation, *class, place).await)
        });
    }
    problems.extend(joined(calls).await);

    // What is to run into a short limit comes after all that takes work, and with everything in place. A machine can still be
    // so busy that the time is up before the fault is met: then there is a second chance, with more of it.
    let mut calls = JoinSet::new();
    for meeting in short {
        let place = set_up(&meeting.0, meeting.0.limits, &elsewhere).await;
        let elsewhere = Arc::clone(&elsewhere);
        calls.spawn(async move {
            let (row, operation, class) = &meeting;
            if hold(row, row.limits, operation, *class, place).await.is_ok() {
                return Ok(());
            }
            let limits = row.limits.extended();
            let place = set_up(row, limits, &elsewhere).await;
            named(&meeting, hold(row, limits, operation, *class, place).await)
        });
    }
    problems.extend(joined(calls).await);

    problems.sort();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert_eq!(elsewhere.connections(), 0, "a redirect was followed");
}

fn named((row, operation, _): &Meeting, held: Result<(), String>) -> Result<(), String> {
    held.map_err(|problem| format!("{}, {operation}: {problem}", row.id))
}

/// What is wrong with any of them.
async fn joined(mut calls: JoinSet<Result<(), String>>) -> Vec<String> {
    let mut problems = Vec::new();
    while let Some(held) = calls.join_next().await {
        problems.extend(held.unwrap_or_else(|panicked| Err(format!("a panic: {panicked}"))).err());
    }
    problems
}

fn is_proxied() -> bool {
    ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"].iter().any(|name| std::env::var_os(name).is_some())
}

/// Where the table is for people.
const DOCUMENT: &str = include_str!("../../docs/FAULTS.md");

#[test]
fn the_table_is_the_documented_one() {
    let documented: Vec<&str> = DOCUMENT.lines().filter(|line| line.starts_with("| `")).collect();
    let rows = rows();
    let lines: Vec<String> = rows.iter().map(ToString::to_string).collect();
    // Without TLS there is less to be tested, but not to be documented.
    let untested =
        |line: &str| cfg!(not(feature = "rustls")) && line.starts_with("| `tls-") && !line.starts_with("| `tls-alert`");

    let missing: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !documented.contains(line)).collect();
    assert!(missing.is_empty(), "not in docs/FAULTS.md:\n{}", missing.join("\n"));
    let is_unknown = |line: &&str| !untested(line) && !lines.iter().any(|known| known == line);
    let unknown: Vec<&str> = documented.iter().copied().filter(is_unknown).collect();
    assert!(unknown.is_empty(), "in docs/FAULTS.md, but not in the table:\n{}", unknown.join("\n"));

    let ids: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), rows.len(), "an id is there twice");
    assert_eq!(documented.iter().collect::<BTreeSet<_>>().len(), documented.len(), "a line is there twice");
    assert!(rows.len() >= 30);
}

//! The fault matrix: runs each class of operation against each fault in `docs/FAULTS.md`.
//!
//! A test compares the error, the number of requests and attempts, the duration, the trace and the printed text with the row.

use std::{collections::BTreeSet, io, sync::Arc, time::Duration};

use sendblue_contacts::{Client, ClientBuilder, Contacts, Credentials, Error, NewContact, Response};
use tokio::{net::TcpSocket, sync::Semaphore, task::JoinSet};
use tracing::instrument::WithSubscriber as _;

use self::{
    row::{Cell, Class, ExpectedError, Limits, PREDICATES, RetryAfter, Row, Source, TokenFault},
    rows::rows,
};
use crate::{
    capture::Capture,
    secrets::printed_with_sources,
    server::{Action, Server},
};

mod cancelled;
mod headers;
mod idle;
mod memory;
mod repeated;
mod row;
mod rows;
#[cfg(feature = "rustls")]
mod tls;
mod traced;

const KEY: &str = "canary-key-id";
const SECRET: &str = "canary-secret-key";
const TOKEN: &str = "canary-token";
const NUMBER: &str = "+14155559876";
const NAME: &str = "Canary Lovelace";
/// The servers write this text into every part of their responses.
const CANARY: &str = "canary-body";

/// Parts of the constants above. No text of the client may contain them.
const PRIVATE: [&str; 4] = ["canary", "Canary", "Lovelace", "4155559876"];

/// How long after its timeout a call may end.
const MAX_OVERRUN: Duration = Duration::from_secs(2);

const CONCURRENT_CALLS: usize = 64;

/// One operation of each class, which runs against every row.
const OPERATIONS: [(&str, Class); 4] =
    [("retrieve", Class::Read), ("update", Class::SafeWrite), ("create", Class::Create), ("verify", Class::Verify)];

/// The other operations, which run against [`REPRESENTATIVE_ROWS`] only.
const OTHER_OPERATIONS: [(&str, Class); 7] = [
    ("list", Class::Read),
    ("count", Class::Read),
    ("upsert", Class::SafeWrite),
    ("opt_out", Class::SafeWrite),
    ("delete", Class::SafeWrite),
    ("bulk.delete", Class::SafeWrite),
    ("bulk.create", Class::Create),
];

/// At least one row for each kind of fault.
const REPRESENTATIVE_ROWS: [&str; 14] = [
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

/// The parts of a response that are independent of its value's type.
struct Success {
    attempts: u32,
    debug: String,
}

impl<T> From<Response<T>> for Success {
    fn from(response: Response<T>) -> Self {
        Self { attempts: response.attempts(), debug: format!("{response:?} {response:#?}") }
    }
}

async fn call(contacts: &Contacts, operation: &str) -> Result<Success, Error> {
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
        "bulk.create" => {
            bulk.create([NewContact::new(NUMBER).expect("valid").first_name(NAME)]).send_raw().await?.into()
        }
        "verify" => contacts.verify(NUMBER).send_raw().await?.into(),
        _ => unreachable!("{operation}"),
    })
}

/// Returns a builder with the settings that all clients of the matrix share.
fn settings() -> ClientBuilder {
    Client::builder()
        .credentials(Credentials::key_pair(KEY, SECRET).expect("valid"))
        .retry_delay(Duration::from_millis(1), Duration::from_millis(2))
}

fn token_provider(fault: TokenFault) -> Credentials {
    Credentials::bearer_provider(move || async move {
        match fault {
            TokenFault::Fails => Err(io::Error::other("no token today")),
            TokenFault::Malformed => Ok(format!("{TOKEN}\n")),
            TokenFault::NeverReturns => std::future::pending().await,
        }
    })
}

/// A running server with the fault of a row, and a client of it.
struct Setup {
    server: Option<Server>,
    client: Client,
    /// Reserves a port on which nothing listens.
    _port: Option<TcpSocket>,
}

async fn set_up(row: &Row, limits: Limits, redirect_target: &Server) -> Setup {
    let settings = settings()
        .connect_timeout(limits.connect)
        .attempt_timeout(limits.attempt)
        .timeout(limits.call)
        .max_body(limits.body);
    #[cfg(feature = "rustls")]
    let over_tls = |server: Server, settings: ClientBuilder| {
        let url = server.url().replace("http:", "https:");
        (Some(server), settings.base_url(url).root_certificate(tls::authority_pem()))
    };
    let (server, settings) = match &row.source {
        Source::Responses(responses) => {
            let server = Server::script(responses.clone()).await;
            let url = server.url();
            (Some(server), settings.base_url(url))
        }
        Source::Redirect(redirect) => {
            let server =
                Server::script_with_url(|own| vec![Action::SendAndClose(redirect(own, &redirect_target.url()))]).await;
            let url = server.url();
            (Some(server), settings.base_url(url))
        }
        Source::Refused => {
            let server = Server::send_and_close("").await;
            let url = server.url();
            let port = server.refuse_connections().await;
            return Setup { server: None, client: settings.base_url(url).build().expect("valid"), _port: Some(port) };
        }
        Source::Unresolved => (None, settings.base_url("http://contacts.invalid").allow_insecure_http(true)),
        Source::Token(fault) => {
            let server = Server::send_and_close("").await;
            let url = server.url();
            (Some(server), settings.base_url(url).credentials(token_provider(*fault)))
        }
        #[cfg(feature = "rustls")]
        Source::Tls(certificate, response) => {
            over_tls(Server::tls(tls::acceptor(*certificate), [response.clone()]).await, settings)
        }
        #[cfg(feature = "rustls")]
        Source::TlsRedirect(redirect) => {
            let response = Action::SendAndClose(redirect(&redirect_target.url()));
            over_tls(Server::tls(tls::acceptor(tls::Certificate::Valid), [response]).await, settings)
        }
        #[cfg(feature = "rustls")]
        Source::PlainServer(response) => over_tls(Server::start(response.clone()).await, settings),
    };
    Setup { server, client: settings.build().expect("valid"), _port: None }
}

/// Makes one call, and compares its result with the row.
async fn check(row: &Row, limits: Limits, operation: &str, class: Class, setup: Setup) -> Result<(), String> {
    let Setup { server, client, _port } = setup;
    let capture = Capture::default();
    let contacts = client.contacts();
    let call = call(&contacts, operation).with_subscriber(capture.clone());
    let result =
        tokio::time::timeout(limits.call + MAX_OVERRUN, call).await.expect("the call ends soon after its timeout");

    let printed = result.as_ref().map_or_else(printed_with_sources, |success| success.debug.clone());
    for (output, text) in [("the result", &printed), ("the trace", &capture.text())] {
        if let Some(private) = PRIVATE.iter().find(|private| text.contains(**private)) {
            panic!("{}, {operation}: {output} contains {private}: {text}", row.id);
        }
    }

    let expected = row.cell(operation, class);
    let (outcome, attempts) = match &result {
        Ok(success) => (None, success.attempts),
        Err(error) => {
            check_error(error, &row.error)?;
            (Some(error.outcome()), error.attempts())
        }
    };
    let (requests, connections) = server.as_ref().map_or((0, 0), |server| (server.requests(), server.connections()));
    let actual = Cell { outcome, requests, attempts };
    if actual != expected {
        return Err(format!("{actual:?} instead of {expected:?}: {printed}"));
    }
    if connections > attempts as usize {
        return Err(format!("{connections} connections for {attempts} attempts"));
    }

    if capture.spans().len() != 1 || capture.events().len() != attempts as usize {
        return Err(format!("not one span for the call and one event for each attempt: {}", capture.text()));
    }

    // The client must send nothing over a connection that it cannot trust.
    #[cfg(feature = "rustls")]
    if let (Source::Tls(..) | Source::PlainServer(_), Some(server), 0) = (&row.source, &server, requests) {
        let received = server.received();
        let text = String::from_utf8_lossy(&received);
        if ["sb-api", "/api/", "HTTP/"].into_iter().chain(PRIVATE).any(|private| text.contains(private)) {
            return Err(format!("the server received {text}"));
        }
    }
    Ok(())
}

fn check_error(error: &Error, expected: &ExpectedError) -> Result<(), String> {
    let true_predicates: Vec<_> = PREDICATES.iter().filter(|(_, is)| is(error)).map(|(name, _)| *name).collect();
    if true_predicates != expected.predicates {
        return Err(format!("{true_predicates:?} instead of {:?}: {error:?}", expected.predicates));
    }
    let status = error.status().map(|status| status.as_u16());
    if status != expected.status {
        return Err(format!("status {status:?} instead of {:?}", expected.status));
    }
    if (error.message(), error.code()) != (expected.message, expected.code) {
        return Err(format!("message {:?} and code {:?}", error.message(), error.code()));
    }
    let has_expected_wait = match (expected.retry_after, error.retry_after()) {
        (RetryAfter::Absent, None) => true,
        (RetryAfter::Seconds(seconds), Some(wait)) => wait == Duration::from_secs(seconds),
        (RetryAfter::Millis(millis), Some(wait)) => wait == Duration::from_millis(millis),
        (RetryAfter::MoreThanAYear, Some(wait)) => wait > Duration::from_secs(365 * 24 * 3600),
        _ => false,
    };
    if has_expected_wait { Ok(()) } else { Err(format!("retry_after is {:?}", error.retry_after())) }
}

/// A row, and an operation to run against it.
type Case = (Arc<Row>, &'static str, Class);

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for row in rows().into_iter().map(Arc::new) {
        if matches!(row.source, Source::Unresolved) && environment_has_a_proxy() {
            println!("skipped {}: the proxy of the environment would resolve the name", row.id);
            continue;
        }
        let other_operations = if REPRESENTATIVE_ROWS.contains(&row.id) { &OTHER_OPERATIONS[..] } else { &[] };
        let operations = OPERATIONS.iter().chain(other_operations);
        cases.extend(operations.map(|(operation, class)| (Arc::clone(&row), *operation, *class)));
    }
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_ends_as_its_row_of_the_fault_matrix_says() {
    let target = Arc::new(Server::start(Action::respond("200 OK", "{}")).await);
    let (ample, short): (Vec<_>, Vec<_>) = cases().into_iter().partition(|(row, ..)| row.limits.is_ample());
    let mut problems = Vec::new();

    let permits = Arc::new(Semaphore::new(CONCURRENT_CALLS));
    let mut calls = JoinSet::new();
    for case in ample {
        let (target, permits) = (Arc::clone(&target), Arc::clone(&permits));
        calls.spawn(async move {
            let _permit = permits.acquire().await.expect("open");
            let (row, operation, class) = &case;
            let setup = set_up(row, row.limits, &target).await;
            name_case(&case, check(row, row.limits, operation, *class, setup).await)
        });
    }
    problems.extend(join_problems(calls).await);

    // The rows with short timeouts run last, with their servers started, so that the other rows do not slow them down. On a
    // busy machine the timeout may still elapse before the fault occurs, so a failed case runs again with longer timeouts.
    let mut calls = JoinSet::new();
    for case in short {
        let setup = set_up(&case.0, case.0.limits, &target).await;
        let target = Arc::clone(&target);
        calls.spawn(async move {
            let (row, operation, class) = &case;
            if check(row, row.limits, operation, *class, setup).await.is_ok() {
                return Ok(());
            }
            let limits = row.limits.extended();
            let setup = set_up(row, limits, &target).await;
            name_case(&case, check(row, limits, operation, *class, setup).await)
        });
    }
    problems.extend(join_problems(calls).await);

    problems.sort();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert_eq!(target.connections(), 0, "a redirect was followed");
}

fn name_case((row, operation, _): &Case, result: Result<(), String>) -> Result<(), String> {
    result.map_err(|problem| format!("{}, {operation}: {problem}", row.id))
}

/// Waits for all calls, and returns their problems.
async fn join_problems(mut calls: JoinSet<Result<(), String>>) -> Vec<String> {
    let mut problems = Vec::new();
    while let Some(result) = calls.join_next().await {
        problems.extend(result.unwrap_or_else(|panicked| Err(format!("a panic: {panicked}"))).err());
    }
    problems
}

fn environment_has_a_proxy() -> bool {
    ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"].iter().any(|name| std::env::var_os(name).is_some())
}

/// The document, which ends with the table.
const DOCUMENT: &str = include_str!("../../docs/FAULTS.md");

const TABLE_HEAD: &str = "\
| id | fault | error | read | safe write | create | verify |
|---|---|---|---|---|---|---|
";

/// Compares the document with the rows, from the head of the table to the end of the file. With `UPDATE=1` it writes the
/// table instead, so that nobody copies it from a shell.
#[test]
fn the_fault_matrix_equals_the_table_of_docs_faults_md() {
    let (prose, documented) = DOCUMENT.split_once(TABLE_HEAD).expect("the head of the table");
    // Without TLS, there are no rows for its faults.
    let is_tested =
        |line: &&str| cfg!(feature = "rustls") || !line.starts_with("| `tls-") || line.contains("`tls-alert`");
    let documented: String = documented.split_inclusive('\n').filter(is_tested).collect();
    let rows = rows();
    let table: String = rows.iter().map(|row| format!("{row}\n")).collect();
    if cfg!(feature = "rustls") && std::env::var_os("UPDATE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/FAULTS.md");
        return std::fs::write(path, format!("{prose}{TABLE_HEAD}{table}")).expect("a writable document");
    }
    let remedy = "UPDATE=1 cargo test --package sendblue-contacts --test it the_fault_matrix_equals";
    let lines = |text: &str| text.lines().map(String::from).collect::<BTreeSet<_>>();
    let (found, expected) = (lines(&documented), lines(&table));
    let difference: Vec<_> = found.symmetric_difference(&expected).collect();
    assert!(documented == table, "docs/FAULTS.md differs in {difference:#?}\n    remedy: run `{remedy}`");

    let ids: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), rows.len(), "two rows have the same id");
    assert!(rows.len() >= 30);
}

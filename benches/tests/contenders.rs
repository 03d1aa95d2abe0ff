//! The contenders are comparable: each returns the expected contacts, and all send the same requests.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use benches::{
    Result,
    cases::{Case, Workload},
    contenders::{Contender, Generated, HandWritten, Library, Socket},
    server::{Server, Settings},
};
use futures_util::future::{Either, select};
use serde_json::Value;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpListener,
    runtime::{Builder, Runtime},
};

/// Three pages of a walk, and 21 chunks of an import.
const CONTACTS: usize = 2100;

const fn walk(prefetch: bool) -> Case {
    Case::Walk { prefetch, pause: Duration::ZERO }
}

const CASES: [Case; 9] = [
    Case::Retrieve,
    Case::NotFound,
    Case::Create,
    Case::List(10),
    Case::List(1000),
    Case::BulkCreate(30),
    walk(false),
    walk(true),
    Case::Import(CONTACTS),
];

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Runs every case. Expects an error of the `unsupported` cases, and success of the others.
fn supports_all_cases_except<C: Contender>(unsupported: &[Case]) {
    let server = Server::start(Settings { contacts: CONTACTS, ..Settings::default() }).expect("a server");
    runtime().block_on(async {
        let contender = C::new(&server.url()).expect("a contender");
        for case in CASES {
            let error = format!("{} does not support this case", C::NAME);
            let expected = if unsupported.contains(&case) { Err(error) } else { Ok(()) };
            let result = Workload::new(case, CONTACTS).run(&contender).await.map_err(|error| error.to_string());
            assert_eq!(result, expected, "{case}");
        }
    });
}

#[test]
fn each_contender_runs_its_cases() {
    supports_all_cases_except::<HandWritten>(&[]);
    supports_all_cases_except::<Library>(&[]);
    supports_all_cases_except::<Generated>(&[walk(true)]);
    supports_all_cases_except::<Socket>(&[
        Case::Create,
        Case::BulkCreate(30),
        walk(false),
        walk(true),
        Case::Import(CONTACTS),
    ]);
}

#[test]
fn a_workload_fails_if_a_contact_is_missing() {
    let server = Server::start(Settings { contacts: CONTACTS - 1, ..Settings::default() }).expect("a server");
    runtime().block_on(async {
        let contender = HandWritten::new(&server.url()).expect("a contender");
        for case in [walk(false), walk(true), Case::Import(CONTACTS)] {
            let error = Workload::new(case, CONTACTS).run(&contender).await.expect_err("a missing contact");
            assert_eq!(
                error.to_string(),
                format!("hand-written: {case}: received {} of {CONTACTS} contacts", CONTACTS - 1)
            );
        }
        let error = Workload::new(Case::NotFound, CONTACTS - 2).run(&contender).await.expect_err("an existing contact");
        assert_eq!(error.to_string(), "the contact exists");
    });
}

/// A request on the wire.
#[derive(Debug, PartialEq)]
struct Sent {
    /// The method, target and version.
    line: String,
    /// The headers by their names in lower case.
    headers: BTreeMap<String, String>,
    body: Option<Value>,
}

/// Returns the first request of a contender for a case. The request gets no response.
async fn sent<C: Contender>(listener: &TcpListener, case: Case) -> Result<Sent> {
    let contender = C::new(&format!("http://{}", listener.local_addr()?))?;
    let work = Workload::new(case, CONTACTS);
    match select(pin!(receive(listener)), pin!(work.run(&contender))).await {
        Either::Left((sent, _)) => sent,
        Either::Right(_) => Err("the contender did not wait for a response".into()),
    }
}

async fn receive(listener: &TcpListener) -> Result<Sent> {
    let (mut stream, _) = listener.accept().await?;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(stream.read_u8().await?.into());
    }
    let (line, rest) = head.split_once("\r\n").ok_or("no request line")?;
    let lines: Vec<_> =
        rest.trim_end().split("\r\n").map(|line| line.split_once(": ")).collect::<Option<_>>().ok_or("no header")?;
    let headers: BTreeMap<_, _> =
        lines.iter().map(|(name, value)| (name.to_lowercase(), (*value).to_owned())).collect();
    assert_eq!(headers.len(), lines.len(), "duplicate header in {lines:?}");
    let body = match headers.get("content-length") {
        None => None,
        Some(length) => {
            let mut body = vec![0; length.parse()?];
            stream.read_exact(&mut body).await?;
            Some(serde_json::from_slice(&body)?)
        }
    };
    Ok(Sent { line: line.to_owned(), headers, body })
}

/// A contender that sends less would appear faster.
#[test]
fn contenders_send_identical_requests() {
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        for (case, line) in [
            (Case::Retrieve, "GET /api/v2/contacts/+14150000000 HTTP/1.1"),
            (Case::Create, "POST /api/v2/contacts HTTP/1.1"),
            (Case::List(100), "GET /api/v2/contacts?limit=100 HTTP/1.1"),
            (Case::BulkCreate(3), "POST /api/v2/contacts/bulk HTTP/1.1"),
            (walk(false), "GET /api/v2/contacts?limit=1000&order_by=created_at&order_direction=asc HTTP/1.1"),
            (Case::Import(3), "POST /api/v2/contacts/bulk HTTP/1.1"),
        ] {
            let hand_written = sent::<HandWritten>(&listener, case).await.expect("a request");
            assert_eq!(hand_written.line, line);
            assert_eq!(hand_written.body.is_some(), line.starts_with("POST"), "{hand_written:?}");
            assert_eq!(sent::<Generated>(&listener, case).await.expect("a request"), hand_written, "{case}");
            assert_eq!(sent::<Library>(&listener, case).await.expect("a request"), hand_written, "{case}");
        }
    });
}

//! The contenders are comparable: each does what it is measured by, and those that are compared by it send the same.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use benches::{
    Result,
    cases::{Case, Work},
    contenders::{ByHand, Contender, Generated, Ours, Socket},
    server::{Server, Settings},
};
use futures_util::future::{Either, select};
use serde_json::Value;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpListener,
    runtime::{Builder, Runtime},
};

/// More than two pages of a walk, and as many chunks of an import.
const CONTACTS: usize = 2100;

const fn walk(prefetch: bool) -> Case {
    Case::Walk { prefetch, pause: Duration::ZERO }
}

const CASES: [Case; 9] = [
    Case::Retrieve,
    Case::Missing,
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

/// Does every case, each of which counts what it has received; those that a contender does not have are to say so.
fn does_all_but<C: Contender>(not_done: &[Case]) {
    let server = Server::start(Settings { contacts: CONTACTS, ..Settings::default() }).expect("a server");
    runtime().block_on(async {
        let contender = C::new(&server.url()).expect("a contender");
        for case in CASES {
            let expected =
                if not_done.contains(&case) { Err(format!("{} has no such thing", C::NAME)) } else { Ok(()) };
            let done = Work::new(case, CONTACTS).run(&contender).await.map_err(|error| error.to_string());
            assert_eq!(done, expected, "{case}");
        }
    });
}

#[test]
fn each_does_every_case() {
    does_all_but::<ByHand>(&[]);
    does_all_but::<Ours>(&[]);
    does_all_but::<Generated>(&[walk(true)]);
    does_all_but::<Socket>(&[Case::Create, Case::BulkCreate(30), walk(false), walk(true), Case::Import(CONTACTS)]);
}

/// An account with fewer contacts than are expected.
#[test]
fn what_is_missing_is_noticed() {
    let server = Server::start(Settings { contacts: CONTACTS - 1, ..Settings::default() }).expect("a server");
    runtime().block_on(async {
        let contender = ByHand::new(&server.url()).expect("a contender");
        for case in [walk(false), walk(true), Case::Import(CONTACTS)] {
            let error = Work::new(case, CONTACTS).run(&contender).await.expect_err("one is missing");
            assert_eq!(error.to_string(), format!("by hand: {case}: {} of {CONTACTS}", CONTACTS - 1));
        }
        let error = Work::new(Case::Missing, CONTACTS - 2).run(&contender).await.expect_err("it is there");
        assert_eq!(error.to_string(), "it is there");
    });
}

/// A request as it is on the wire.
#[derive(Debug, PartialEq)]
struct Sent {
    /// The method, the target, and the version.
    line: String,
    /// By their names in lower case; several of a name would be one too few.
    headers: BTreeMap<String, String>,
    body: Option<Value>,
}

/// What a contender sends for a case; nobody answers it.
async fn sent<C: Contender>(listener: &TcpListener, case: Case) -> Result<Sent> {
    let contender = C::new(&format!("http://{}", listener.local_addr()?))?;
    let work = Work::new(case, CONTACTS);
    match select(pin!(receive(listener)), pin!(work.run(&contender))).await {
        Either::Left((sent, _)) => sent,
        Either::Right(_) => Err("it did not wait for an answer".into()),
    }
}

async fn receive(listener: &TcpListener) -> Result<Sent> {
    let (mut stream, _) = listener.accept().await?;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(stream.read_u8().await?.into());
    }
    let (line, rest) = head.split_once("\r\n").ok_or("no line")?;
    let lines: Vec<_> =
        rest.trim_end().split("\r\n").map(|line| line.split_once(": ")).collect::<Option<_>>().ok_or("no header")?;
    let headers: BTreeMap<_, _> =
        lines.iter().map(|(name, value)| (name.to_lowercase(), (*value).to_owned())).collect();
    assert_eq!(headers.len(), lines.len(), "{lines:?}");
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

/// No differences are allowed: whoever sent less, or less often, would be the faster for it.
#[test]
fn those_that_are_compared_send_the_same() {
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
            let by_hand = sent::<ByHand>(&listener, case).await.expect("a request");
            assert_eq!(by_hand.line, line);
            assert_eq!(by_hand.body.is_some(), line.starts_with("POST"), "{by_hand:?}");
            assert_eq!(sent::<Generated>(&listener, case).await.expect("a request"), by_hand, "{case}");
            assert_eq!(sent::<Ours>(&listener, case).await.expect("a request"), by_hand, "{case}");
        }
    });
}

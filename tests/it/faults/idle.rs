//! Stale connections: a request that must not be repeated does not use an idle connection, which the server may be closing.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

use sendblue_contacts::{Contacts, NewContact};
use tokio::task::JoinSet;

use super::{NUMBER, settings};
use crate::server::{Action, Server, http_response};

/// A body that each call below accepts.
const BODY: &str = r#"{"status": "OK", "count": 3, "contact": {}, "contacts": []}"#;

/// Starts a server that announces keep-alive, and closes each connection after `pause`.
async fn server_closing_after(pause: Duration) -> (Server, Contacts) {
    let server = Server::start(Action::SendAndCloseAfter(http_response("200 OK", BODY), pause)).await;
    let client = settings().base_url(server.url()).build().expect("valid");
    (server, client.contacts())
}

fn verifications(server: &Server) -> usize {
    String::from_utf8_lossy(&server.received()).matches("POST /api/v2/contacts/verify ").count()
}

/// Leaves an idle connection in the pool, waits for `pause`, and verifies; `times` times.
async fn verify_after(pause: Duration, closed_after: Duration, times: usize) {
    let (server, contacts) = server_closing_after(closed_after).await;
    for nth in 1..=times {
        // A read may use a stale connection, since the client retries it.
        assert_eq!(contacts.count().send().await.expect("a 2xx"), 3);
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let verified = contacts.verify(NUMBER).send_raw().await.expect("a 2xx");
        assert_eq!(verified.attempts(), 1);
        assert_eq!(verifications(&server), nth);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_does_not_use_a_connection_closed_right_after_a_response() {
    verify_after(Duration::ZERO, Duration::ZERO, 200).await;
}

/// Verifies at moments around the close, when the pool may hold a connection that the server is closing.
#[tokio::test(flavor = "multi_thread")]
async fn verify_does_not_use_a_connection_closed_while_idle() {
    let mut rounds = JoinSet::new();
    for pause in 45..=55 {
        rounds.spawn(verify_after(Duration::from_millis(pause), Duration::from_millis(50), 15));
    }
    while let Some(round) = rounds.join_next().await {
        round.expect("no panic");
    }
}

#[tokio::test]
async fn an_unrequested_response_is_not_taken_for_that_of_the_next_request() {
    let two_responses = [http_response("200 OK", BODY), http_response("200 OK", r#"{"count": 666}"#)].concat();
    let server = Server::start(Action::SendAndKeepAlive(two_responses)).await;
    let contacts = settings().base_url(server.url()).build().expect("valid").contacts();
    for _ in 0..100 {
        assert_eq!(contacts.count().send().await.expect("a 2xx"), 3);
    }
}

/// Starts a server that closes each connection after it is idle for `idle`, on threads of its own. Returns its URL.
fn serve_closing_idle(idle: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let serve = move |mut stream: std::net::TcpStream| {
        stream.set_read_timeout(Some(idle)).expect("a timeout");
        let mut received = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut chunk) {
            received.extend_from_slice(&chunk[..length]);
            if crate::server::is_complete(&received) {
                received.clear();
                if stream.write_all(&http_response("200 OK", BODY)).is_err() {
                    return;
                }
            }
        }
    };
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            thread::spawn(move || serve(stream));
        }
    });
    url
}

/// Nothing polls the connections between the calls, so the client does not see that the server closes them.
#[test]
fn a_runtime_that_runs_only_during_calls_loses_no_write() {
    let url = serve_closing_idle(Duration::from_millis(30));
    let contacts = settings().base_url(url).build().expect("valid").contacts();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for _ in 0..20 {
        runtime.block_on(async {
            assert_eq!(contacts.count().send().await.expect("a retry"), 3);
        });
        thread::sleep(Duration::from_millis(50));
        runtime.block_on(async {
            let created = contacts.create(NUMBER).send_raw().await.map(|response| response.attempts());
            let bulk = contacts.bulk().create([NewContact::new(NUMBER).expect("valid")]).send_raw().await;
            let verified = contacts.verify(NUMBER).send_raw().await.map(|response| response.attempts());
            assert_eq!(created.expect("a 2xx"), 1);
            assert_eq!(bulk.expect("a 2xx").attempts(), 1);
            assert_eq!(verified.expect("a 2xx"), 1);
        });
        thread::sleep(Duration::from_millis(50));
        runtime.block_on(async {
            contacts.update(NUMBER).first_name("x").send().await.expect("a retry");
        });
        thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn only_what_the_client_must_not_repeat_uses_a_connection_of_its_own() {
    let server = Server::start(Action::respond("200 OK", BODY)).await;
    let builder = settings().base_url(server.url());
    let contacts = builder.clone().build().expect("valid").contacts();
    let repeating = builder.retry_ambiguous(true).build().expect("valid").contacts();
    let ada = || [NewContact::new(NUMBER).expect("valid")];
    let mut connections = Vec::new();
    for contacts in [&contacts, &repeating] {
        contacts.count().send().await.expect("a 2xx");
        let _ = contacts.update(NUMBER).first_name("x").send().await;
        let _ = contacts.create(NUMBER).update_if_exists(true).send().await;
        let _ = contacts.create(NUMBER).retry_ambiguous(true).send().await;
        connections.push(server.connections());
        let _ = contacts.create(NUMBER).send().await;
        let _ = contacts.bulk().create(ada()).send().await;
        connections.push(server.connections());
        let _ = contacts.create(NUMBER).retry_ambiguous(false).send().await;
        let _ = contacts.verify(NUMBER).send().await;
        connections.push(server.connections());
    }
    assert_eq!(connections, [1, 3, 5, 6, 6, 8]);
}

#[tokio::test]
async fn the_pool_does_not_use_a_connection_after_its_idle_timeout() {
    let server = Server::start(Action::respond("200 OK", BODY)).await;
    let builder = settings().base_url(server.url()).pool_idle_timeout(Duration::from_millis(50));
    let contacts = builder.build().expect("valid").contacts();
    for connections in 1..=3 {
        contacts.count().send().await.expect("a 2xx");
        assert_eq!(server.connections(), connections);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Prints what a new connection costs. `guide/connections.md` has the figures and the command.
#[cfg(feature = "rustls")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn measures_a_create_on_a_pooled_and_on_a_new_connection() {
    use super::tls;

    const CALLS: u32 = 500;
    let acceptor = tls::acceptor(tls::Certificate::Valid);
    let server = Server::tls(acceptor, [Action::respond("200 OK", BODY)]).await;
    let builder = settings().base_url(server.url().replace("http:", "https:")).root_certificate(tls::authority_pem());
    let contacts = builder.build().expect("valid").contacts();
    for (connection, may_repeat) in [("pooled", true), ("new", false), ("pooled", true), ("new", false)] {
        let mut times = Vec::new();
        for _ in 0..CALLS {
            let begin = std::time::Instant::now();
            contacts.create(NUMBER).retry_ambiguous(may_repeat).send().await.map(drop).unwrap_or_default();
            times.push(begin.elapsed());
        }
        times.sort();
        println!("{connection} connection: median {:?}, {CALLS} calls", times[times.len() / 2]);
    }
}

//! Client settings.

use std::{net::SocketAddr, process::Command, time::Duration};

use httpmock::MockServer;
use sendblue_contacts::{
    BulkContacts, Client, ClientBuilder, Contact, Contacts, Credentials, DEFAULT_ATTEMPT_TIMEOUT,
    DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_BODY, DEFAULT_MAX_RETRIES, DEFAULT_POOL_IDLE_TIMEOUT,
    DEFAULT_RETRY_BASE_DELAY, DEFAULT_RETRY_MAX_DELAY, DEFAULT_TIMEOUT, Error, MAX_RETRY_AFTER, NewContact,
    RATE_LIMIT_PAUSE, Request, Response,
    http::Method,
    params::{CreateContact, ListContacts},
    sandbox::Sandbox,
};

use crate::server::{Action, Server, http_response};

fn credentials() -> Credentials {
    Credentials::key_pair("key", "secret").expect("valid")
}

/// Returns a builder with a plain-http base URL, so that the tests run without a TLS feature.
fn local_builder() -> ClientBuilder {
    Client::builder().credentials(credentials()).base_url("http://127.0.0.1:1")
}

fn build_error(builder: ClientBuilder) -> String {
    let error = builder.build().expect_err("invalid settings");
    assert!(error.is_input(), "{error:?}");
    assert_eq!((error.attempts(), error.operation()), (0, None));
    error.to_string()
}

const _: () = {
    const fn is_shareable<T: Send + Sync + 'static>() {}
    const fn is_cloneable<T: Clone>() {}
    is_shareable::<Client>();
    is_shareable::<ClientBuilder>();
    is_shareable::<Contacts>();
    is_shareable::<BulkContacts>();
    is_shareable::<Credentials>();
    is_shareable::<Error>();
    is_shareable::<Request<CreateContact>>();
    is_shareable::<Response<Vec<Contact>>>();
    is_cloneable::<Client>();
    is_cloneable::<Request<ListContacts>>();
};

#[test]
fn send_returns_futures_that_can_be_spawned() {
    fn is_send<T: Send + 'static>(_: T) {}
    let contacts = local_builder().build().expect("valid").contacts();
    is_send(contacts.list().send());
    is_send(contacts.create("+14155550100").send());
    is_send(contacts.count().send());
    is_send(contacts.verify("+14155550100").send());
    is_send(contacts.retrieve("+14155550100").send());
    is_send(contacts.update("+14155550100").send());
    is_send(contacts.delete("+14155550100").send());
    is_send(contacts.opt_out("+14155550100").send_raw());
    is_send(contacts.bulk().create([NewContact::new("+14155550100").expect("valid")]).send());
    is_send(contacts.bulk().delete(["+14155550100"]).send());
    is_send(local_builder().build().expect("valid").request::<Contact>(Method::GET, "/x").send());
}

#[test]
fn an_invalid_setting_is_named_and_its_value_is_not_shown() {
    let remote = || local_builder().base_url("http://contacts.invalid").allow_insecure_http(true);
    for (builder, expected) in [
        (Client::builder(), "credentials: missing"),
        (local_builder().base_url("canary.example"), "base URL: not an absolute URL"),
        (local_builder().base_url("http://canary.example"), "base URL: plain http"),
        (local_builder().timeout(Duration::ZERO), "timeout: zero"),
        (local_builder().attempt_timeout(Duration::ZERO), "attempt_timeout: zero"),
        (local_builder().connect_timeout(Duration::ZERO), "connect_timeout: zero"),
        (local_builder().pool_idle_timeout(Duration::ZERO), "pool_idle_timeout: zero"),
        (remote().proxy("canary"), "proxy: not an http or https URL"),
        (remote().proxy("ftp://canary"), "proxy: not an http or https URL"),
        (
            local_builder().proxy("http://canary.example"),
            "proxy: cannot be used, because the base URL is a loopback address",
        ),
        (local_builder().user_agent("can\nary"), "user_agent: contains line breaks"),
        (local_builder().default_header("Authorization", "canary"), "header `authorization`: carries credentials"),
        (
            local_builder().default_header("SB-API-Secret-Key", "canary"),
            "header `sb-api-secret-key`: carries credentials",
        ),
        (local_builder().default_header("host", "canary"), "header `host`: set by the client"),
        (
            local_builder().default_header("x y", "canary"),
            "header: invalid header name; use letters, digits and hyphens",
        ),
        (local_builder().default_header("x-y", "can\nary"), "header `x-y`: value contains line breaks"),
    ] {
        let message = build_error(builder);
        assert!(message.starts_with(expected), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn an_invalid_root_certificate_is_rejected_and_not_shown() {
    for pem in ["", "canary", "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n"] {
        let error = Client::builder().credentials(credentials()).root_certificate(pem).build().expect_err(pem);
        let message = error.to_string();
        assert!(!message.contains("canary"), "{message}");
        assert!(message.contains("certificate") || !error.is_input(), "{message}");
    }
}

#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
#[test]
fn https_without_a_tls_feature_fails_and_names_the_features() {
    let message = build_error(Client::builder().credentials(credentials()));
    assert!(message.contains("enable the feature `rustls`, `native-tls` or `rustls-no-provider`"), "{message}");
}

#[tokio::test]
async fn the_base_url_may_have_a_path_and_a_trailing_slash() {
    let server = MockServer::start_async().await;
    for base in ["", "/", "/gateway", "/gateway/"] {
        let path = format!("{}/api/v2/contacts/count", base.trim_end_matches('/'));
        let mock = server
            .mock_async(|when, then| {
                when.path(path);
                then.status(200).body(r#"{"count": 1}"#);
            })
            .await;
        let client = Client::builder().credentials(credentials()).base_url(server.url(base)).build().expect("valid");
        assert_eq!(client.contacts().count().send().await.expect(base), 1);
        mock.assert_async().await;
        mock.delete_async().await;
    }
}

#[tokio::test]
async fn sends_default_headers_and_lets_a_call_replace_them() {
    let server = MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.header("user-agent", concat!("sendblue-contacts/", env!("CARGO_PKG_VERSION"), " crm-sync/1.4"))
                .header("x-team", "crm")
                .header("x-trace", "1")
                .header("authorization", "Bearer token")
                .header_missing("sb-api-key-id")
                .header_missing("sb-api-secret-key");
            then.status(200).body(r#"{"count": 1}"#);
        })
        .await;
    let client = Client::builder()
        .credentials(Credentials::bearer("token").expect("valid"))
        .base_url(server.base_url())
        .user_agent("crm-sync/1.4")
        .default_header("x-team", "crm")
        .default_header("x-trace", "0")
        .build()
        .expect("valid");
    client.contacts().count().header("x-trace", "1").send().await.expect("a 2xx");
    mock.assert_async().await;
}

#[tokio::test]
async fn with_credentials_shares_settings_and_connections() {
    let server = Server::start(Action::SendAndKeepAlive(http_response("200 OK", r#"{"count": 1}"#))).await;
    let client = server.client().default_header("x-team", "crm").build().expect("valid");
    client.contacts().count().send().await.expect("a 2xx");
    let other = client.with_credentials(Credentials::bearer("token").expect("valid"));
    other.contacts().count().send().await.expect("a 2xx");
    assert_eq!((server.requests(), server.connections()), (2, 1));

    let received = String::from_utf8_lossy(&server.received()).into_owned();
    assert_eq!(received.matches("x-team: crm").count(), 2, "{received}");
    assert_eq!(received.matches("sb-api-key-id: key").count(), 1, "{received}");
    assert_eq!(received.matches("authorization: Bearer token").count(), 1, "{received}");
}

#[tokio::test]
async fn attempt_timeout_and_total_timeout_end_a_call() {
    let server = Server::start(Action::SendAndHang(Vec::new())).await;
    let short = Duration::from_millis(100);
    for (client, expected) in [
        (server.client().max_retries(0).attempt_timeout(short), "no complete response within 100ms;"),
        (server.client().timeout(short), "no complete response within 100ms, the timeout of the call;"),
    ] {
        let error = client.build().expect("valid").contacts().count().send().await.expect_err("silence");
        assert!(error.is_timeout() && !error.is_connect(), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.outcome(), sendblue_contacts::Outcome::Unknown);
    }
    let contacts = server.client().build().expect("valid").contacts();
    let error = contacts.count().timeout(short).send().await.expect_err("silence");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn after_a_connect_timeout_the_outcome_is_not_sent() {
    // While the listener's queue is full, the system neither accepts nor refuses further connections.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(1).expect("listening");
    let address = listener.local_addr().expect("bound");
    let mut queued = Vec::new();
    while let Ok(Ok(waiting)) =
        tokio::time::timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(address)).await
    {
        queued.push(waiting);
    }
    let builder = Client::builder().credentials(credentials()).base_url(format!("http://{address}")).max_retries(0);
    let short = Duration::from_millis(100);
    // Whichever timeout elapses first.
    for builder in
        [builder.clone().connect_timeout(short), builder.clone().attempt_timeout(short), builder.clone().timeout(short)]
    {
        let contacts = builder.build().expect("valid").contacts();
        for error in [
            contacts.verify("+14155550100").send().await.expect_err("a timeout"),
            contacts.create("+14155550100").send().await.expect_err("a timeout"),
            contacts.update("+14155550100").first_name("x").send().await.expect_err("a timeout"),
            contacts.count().send().await.map(drop).expect_err("a timeout"),
        ] {
            assert!(error.is_connect() && error.is_timeout(), "{error:?}");
            assert_eq!((error.outcome(), error.attempts()), (sendblue_contacts::Outcome::NotSent, 1));
            assert!(error.to_string().contains("no connection within "), "{error}");
        }
    }
}

#[test]
fn defaults_are_the_documented_values() {
    assert_eq!(DEFAULT_CONNECT_TIMEOUT, Duration::from_secs(5));
    assert_eq!(DEFAULT_ATTEMPT_TIMEOUT, Duration::from_secs(30));
    assert_eq!(DEFAULT_TIMEOUT, Duration::from_secs(60));
    assert_eq!(DEFAULT_POOL_IDLE_TIMEOUT, Duration::from_secs(4));
    assert_eq!(RATE_LIMIT_PAUSE, Duration::from_secs(10));
    assert_eq!(DEFAULT_MAX_BODY, 16 << 20);
    assert_eq!(DEFAULT_MAX_RETRIES, 2);
    assert_eq!(DEFAULT_RETRY_BASE_DELAY, Duration::from_millis(500));
    assert_eq!(DEFAULT_RETRY_MAX_DELAY, Duration::from_secs(8));
    assert_eq!(MAX_RETRY_AFTER, Duration::from_secs(60));
}

#[tokio::test]
async fn the_timeout_covers_reading_the_body() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[".to_vec();
    let server = Server::start(Action::SendAndHang(head)).await;
    let client = server.client().timeout(Duration::from_millis(200)).build().expect("valid");
    let error = client.contacts().list().send().await.expect_err("silence");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(error.outcome(), sendblue_contacts::Outcome::Applied);
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
}

#[tokio::test]
async fn requests_to_another_host_use_the_proxy() {
    let server = MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.path("/api/v2/contacts/count");
            then.status(200).body(r#"{"count": 7}"#);
        })
        .await;
    let client = Client::builder()
        .credentials(credentials())
        .base_url("http://contacts.invalid")
        .allow_insecure_http(true)
        .proxy(server.base_url())
        .build()
        .expect("valid");
    assert_eq!(client.contacts().count().send().await.expect("the proxy's response"), 7);
    mock.assert_async().await;
}

#[tokio::test]
async fn resolve_overrides_the_address_of_a_host_name() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let address: SocketAddr = sandbox.url().trim_start_matches("http://").parse().expect("an address");
    let wrong_port = SocketAddr::new(address.ip(), 1);
    // The port of the base URL takes precedence over the port of the address.
    for (base_url, address) in [
        (format!("http://contacts.invalid:{}", address.port()), wrong_port),
        ("http://contacts.invalid".to_owned(), address),
    ] {
        let client = Client::builder()
            .credentials(Credentials::key_pair("sandbox-key", "sandbox-secret").expect("valid"))
            .base_url(&base_url)
            .allow_insecure_http(true)
            .resolve("contacts.invalid", address)
            .build()
            .expect("valid");
        assert_eq!(client.contacts().count().send().await.expect(&base_url), 0);
    }
}

#[tokio::test]
async fn plain_http_to_localhost_stays_on_this_machine() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let port = sandbox.url().rsplit_once(':').expect("a port").1;
    let builder = || {
        let key = Credentials::key_pair("sandbox-key", "sandbox-secret").expect("valid");
        Client::builder().credentials(key).base_url(format!("http://localhost:{port}"))
    };
    for address in ["192.0.2.1:80", "0.0.0.0:80", "[2001:db8::1]:80", "[::ffff:192.0.2.1]:80", "[::]:0"] {
        for host in ["localhost", "LocalHost"] {
            let builder = builder().resolve(host, address.parse().expect("an address"));
            assert!(build_error(builder).starts_with("resolve: sends plain http from `localhost`"), "{address}");
        }
    }
    // The client resolves `localhost` itself, in any case of its letters.
    let count = |builder: ClientBuilder| async { builder.build().expect("valid").contacts().count().send().await };
    assert_eq!(count(builder()).await.expect("a 2xx"), 0);
    assert_eq!(count(builder().base_url(format!("http://LOCALHOST:{port}"))).await.expect("a 2xx"), 0);
    let loopback = builder().resolve("localhost", "127.0.0.1:1".parse().expect("an address"));
    assert_eq!(count(loopback).await.expect("a 2xx"), 0);
    builder().resolve("other.example", "192.0.2.1:80".parse().expect("an address")).build().expect("not the host");
    let allowed = builder().allow_insecure_http(true).resolve("localhost", "192.0.2.1:80".parse().expect("an address"));
    allowed.build().expect("allowed");
}

/// Runs in a child process of the next test, since the tests of one process share its environment.
#[tokio::test]
#[ignore = "needs the environment that `from_env_reads_…` sets"]
async fn from_env_child() {
    match Client::from_env() {
        Ok(client) => println!("count: {:?}", client.contacts().count().send().await.expect("a 2xx")),
        Err(error) => println!("error: {error}"),
    }
}

#[test]
fn from_env_reads_credentials_and_base_url_and_skips_the_proxy_on_loopback() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let run = |variables: &[(&str, &str)]| {
        let mut child = Command::new(std::env::current_exe().expect("this test"));
        child.args(["--ignored", "--exact", "client::from_env_child", "--nocapture"]);
        // Requests to a loopback address must not use the proxy, so nothing listens there.
        child.envs(["HTTP_PROXY", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:1"))).env_remove("NO_PROXY");
        for name in [
            "API_API_KEY",
            "API_API_SECRET",
            "API_KEY",
            "API_SECRET",
            "API_BEARER_TOKEN",
            "API_BASE_URL",
            "API_CUSTOM_HEADERS",
        ] {
            child.env_remove(format!("SENDBLUE_{name}"));
        }
        let output = child.envs(variables.iter().copied()).output().expect("a child");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let key = ("SENDBLUE_API_API_KEY", "sandbox-key");
    let secret = ("SENDBLUE_API_API_SECRET", "sandbox-secret");
    let stdout = run(&[key, secret, ("SENDBLUE_API_BASE_URL", sandbox.url())]);
    assert!(stdout.contains("count: 0"), "{stdout}");
    let stdout = run(&[key, secret, ("SENDBLUE_API_BASE_URL", "http://canary.example")]);
    assert!(stdout.contains("error: SENDBLUE_API_BASE_URL: plain http"), "{stdout}");
    assert!(!stdout.contains("canary"), "{stdout}");
    let url = ("SENDBLUE_API_BASE_URL", sandbox.url());
    for blank in ["", " \t"] {
        let others = ["KEY", "SECRET", "BEARER_TOKEN", "CUSTOM_HEADERS"].map(|name| format!("SENDBLUE_API_{name}"));
        let blanks = others.iter().map(|name| (name.as_str(), blank));
        let stdout = run(&[key, secret, url].into_iter().chain(blanks).collect::<Vec<_>>());
        assert!(stdout.contains("count: 0"), "{stdout}");
        let stdout = run(&[key, secret, ("SENDBLUE_API_BASE_URL", blank), ("SENDBLUE_API_CUSTOM_HEADERS", "canary")]);
        assert!(stdout.contains("error: SENDBLUE_API_CUSTOM_HEADERS: line 1: no `:`"), "{stdout}");
    }
    sandbox.clear_requests();
    let stdout = run(&[key, secret, url, ("SENDBLUE_API_CUSTOM_HEADERS", "X-Team: crm\nX-Env: a: b\n")]);
    assert!(stdout.contains("count: 0"), "{stdout}");
    let requests = sandbox.requests();
    assert_eq!(
        (&requests[0].headers()["x-team"], &requests[0].headers()["x-env"]),
        (&"crm".parse().unwrap(), &"a: b".parse().unwrap())
    );
    let stdout = run(&[key, secret, url, ("SENDBLUE_API_CUSTOM_HEADERS", "sb-api-key-id: canary")]);
    assert!(stdout.contains("error: SENDBLUE_API_CUSTOM_HEADERS: line 1: header `sb-api-key-id`: carries"), "{stdout}");
    assert!(!stdout.contains("canary"), "{stdout}");
    let stdout = run(&[key]);
    assert!(stdout.contains("error: SENDBLUE_API_API_SECRET: not set"), "{stdout}");
}

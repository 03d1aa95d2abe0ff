//! Settings of a client.

use std::{net::SocketAddr, process::Command, time::Duration};

use httpmock::MockServer;
use sendblue_contacts::{
    Client, ClientBuilder, Contact, Contacts, Credentials, DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_CONNECT_TIMEOUT,
    DEFAULT_MAX_BODY, DEFAULT_MAX_RETRIES, DEFAULT_RETRY_BASE_DELAY, DEFAULT_RETRY_MAX_DELAY, DEFAULT_TIMEOUT, Error,
    MAX_RETRY_AFTER, NewContact, Request, Response,
    contacts::{Bulk, CreateContact, ListContacts},
    http::Method,
    sandbox::Sandbox,
};

use crate::server::{Answer, Server, with_length};

fn credentials() -> Credentials {
    Credentials::key_pair("key", "secret").expect("valid")
}

/// A base URL that needs no TLS, so that each test can be built without.
fn local() -> ClientBuilder {
    Client::builder().credentials(credentials()).base_url("http://127.0.0.1:1")
}

fn message(builder: ClientBuilder) -> String {
    let error = builder.build().expect_err("not valid");
    assert!(error.is_input(), "{error:?}");
    assert_eq!((error.attempts(), error.operation()), (0, None));
    error.to_string()
}

const _: () = {
    const fn shared<T: Send + Sync + 'static>() {}
    const fn cloned<T: Clone>() {}
    shared::<Client>();
    shared::<ClientBuilder>();
    shared::<Contacts>();
    shared::<Bulk>();
    shared::<Credentials>();
    shared::<Error>();
    shared::<Request<CreateContact>>();
    shared::<Response<Vec<Contact>>>();
    cloned::<Client>();
    cloned::<Request<ListContacts>>();
};

#[test]
fn futures_can_be_spawned() {
    fn is_send<T: Send + 'static>(_: T) {}
    let contacts = local().build().expect("valid").contacts();
    is_send(contacts.list().send());
    is_send(contacts.create("+14155550100").send());
    is_send(contacts.count().send());
    is_send(contacts.verify("+14155550100").send());
    is_send(contacts.retrieve("+14155550100").send());
    is_send(contacts.update("+14155550100").send());
    is_send(contacts.delete("+14155550100").send());
    is_send(contacts.opt_out("+14155550100").send_raw());
    is_send(contacts.bulk().create([NewContact::new("+14155550100")]).send());
    is_send(contacts.bulk().delete(["+14155550100"]).send());
    is_send(local().build().expect("valid").request::<Contact>(Method::GET, ["x"]).send());
}

#[test]
fn what_is_not_valid_is_named_and_never_shown() {
    let remote = || local().base_url("http://contacts.invalid").allow_insecure_http(true);
    for (builder, named) in [
        (Client::builder(), "credentials: are missing"),
        (local().base_url("canary.example"), "base URL: is not an absolute URL"),
        (local().base_url("http://canary.example"), "base URL: is plain http"),
        (local().timeout(Duration::ZERO), "timeout: is zero"),
        (local().attempt_timeout(Duration::ZERO), "attempt_timeout: is zero"),
        (local().connect_timeout(Duration::ZERO), "connect_timeout: is zero"),
        (remote().proxy("canary"), "proxy: is not a URL"),
        (remote().proxy("ftp://canary"), "proxy: is not a URL"),
        (local().proxy("http://canary.example"), "proxy: is set, but the base URL is on this machine"),
        (local().user_agent("can\nary"), "user_agent: has line breaks"),
        (local().default_header("Authorization", "canary"), "header `authorization`: carries credentials"),
        (local().default_header("SB-API-Secret-Key", "canary"), "header `sb-api-secret-key`: carries credentials"),
        (local().default_header("host", "canary"), "header `host`: is set by the client"),
        (local().default_header("x y", "canary"), "header: has a name that HTTP does not allow"),
        (local().default_header("x-y", "can\nary"), "header `x-y`: has a value with line breaks"),
    ] {
        let message = message(builder);
        assert!(message.starts_with(named), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[test]
fn a_root_certificate_has_to_be_one() {
    for pem in ["", "canary", "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n"] {
        let error = Client::builder().credentials(credentials()).root_certificate(pem).build().expect_err(pem);
        let message = error.to_string();
        assert!(!message.contains("canary"), "{message}");
        assert!(message.contains("certificate") || !error.is_input(), "{message}");
    }
}

#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
#[test]
fn https_without_tls_is_an_error_that_names_the_features() {
    let message = message(Client::builder().credentials(credentials()));
    assert!(message.contains("add the feature `rustls`, `native-tls` or `rustls-no-provider`"), "{message}");
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
async fn headers_are_sent_with_every_request() {
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
    client.contacts().count().header("x-trace", "1").send().await.expect("answered");
    mock.assert_async().await;
}

#[tokio::test]
async fn other_credentials_share_settings_and_connections() {
    let server = Server::start(Answer::KeepAlive(with_length("200 OK", r#"{"count": 1}"#))).await;
    let client = server.client().default_header("x-team", "crm").build().expect("valid");
    client.contacts().count().send().await.expect("answered");
    let other = client.with_credentials(Credentials::bearer("token").expect("valid"));
    other.contacts().count().send().await.expect("answered");
    assert_eq!((server.requests(), server.connections()), (2, 1));

    let received = String::from_utf8_lossy(&server.received()).into_owned();
    assert_eq!(received.matches("x-team: crm").count(), 2, "{received}");
    assert_eq!(received.matches("sb-api-key-id: key").count(), 1, "{received}");
    assert_eq!(received.matches("authorization: Bearer token").count(), 1, "{received}");
}

#[tokio::test]
async fn each_time_out_ends_a_call() {
    let server = Server::start(Answer::ThenSilence(Vec::new())).await;
    let short = Duration::from_millis(100);
    for (client, says) in [
        (server.client().max_retries(0).attempt_timeout(short), "no complete answer within 100ms;"),
        (server.client().timeout(short), "no complete answer within 100ms, the limit of the call;"),
    ] {
        let error = client.build().expect("valid").contacts().count().send().await.expect_err("silence");
        assert!(error.is_timeout() && !error.is_connect(), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.outcome(), sendblue_contacts::Outcome::Unknown);
    }
    let contacts = server.client().build().expect("valid").contacts();
    let error = contacts.count().timeout(short).send().await.expect_err("silence");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn a_connection_that_takes_too_long_sent_nothing() {
    // With a queue of one, full, connections are neither accepted nor refused.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(1).expect("listening");
    let address = listener.local_addr().expect("bound");
    let mut queue = Vec::new();
    while let Ok(Ok(waiting)) =
        tokio::time::timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(address)).await
    {
        queue.push(waiting);
    }
    let client = Client::builder()
        .credentials(credentials())
        .base_url(format!("http://{address}"))
        .connect_timeout(Duration::from_millis(100))
        .max_retries(0)
        .build()
        .expect("valid");
    let error = client.contacts().verify("+14155550100").send().await.expect_err("not accepted");
    assert!(error.is_connect() && error.is_timeout(), "{error:?}");
    assert_eq!((error.outcome(), error.attempts()), (sendblue_contacts::Outcome::NotSent, 1));
    assert!(error.to_string().contains("no connection to the service within 100ms"), "{error}");
}

#[test]
fn defaults_are_those_of_the_readme() {
    assert_eq!(DEFAULT_CONNECT_TIMEOUT, Duration::from_secs(5));
    assert_eq!(DEFAULT_ATTEMPT_TIMEOUT, Duration::from_secs(30));
    assert_eq!(DEFAULT_TIMEOUT, Duration::from_secs(60));
    assert_eq!(DEFAULT_MAX_BODY, 16 << 20);
    assert_eq!(DEFAULT_MAX_RETRIES, 2);
    assert_eq!(DEFAULT_RETRY_BASE_DELAY, Duration::from_millis(500));
    assert_eq!(DEFAULT_RETRY_MAX_DELAY, Duration::from_secs(8));
    assert_eq!(MAX_RETRY_AFTER, Duration::from_secs(60));
}

#[tokio::test]
async fn a_body_that_comes_slowly_counts_toward_the_time_out() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[".to_vec();
    let server = Server::start(Answer::ThenSilence(head)).await;
    let client = server.client().timeout(Duration::from_millis(200)).build().expect("valid");
    let error = client.contacts().list().send().await.expect_err("silence");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(error.outcome(), sendblue_contacts::Outcome::Applied);
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
}

#[tokio::test]
async fn a_proxy_gets_what_is_not_for_this_machine() {
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
    assert_eq!(client.contacts().count().send().await.expect("through the proxy"), 7);
    mock.assert_async().await;
}

#[tokio::test]
async fn a_name_can_be_given_an_address() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let address: SocketAddr = sandbox.url().trim_start_matches("http://").parse().expect("an address");
    let elsewhere = SocketAddr::new(address.ip(), 1);
    // The port is that of the base URL if it has one, else that of the address.
    for (base_url, address) in [
        (format!("http://contacts.invalid:{}", address.port()), elsewhere),
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

/// Run by [`the_environment_is_read`] in a process of its own, since other tests share this one's environment.
#[tokio::test]
#[ignore = "needs the environment that another test sets"]
async fn from_env_in_a_child() {
    match Client::from_env() {
        Ok(client) => println!("count: {:?}", client.contacts().count().send().await.expect("answered")),
        Err(error) => println!("error: {error}"),
    }
}

#[test]
fn the_environment_is_read() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let run = |variables: &[(&str, &str)]| {
        let mut child = Command::new(std::env::current_exe().expect("this test"));
        child.args(["--ignored", "--exact", "client::from_env_in_a_child", "--nocapture"]);
        // Not used for this machine.
        child.envs(["HTTP_PROXY", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:1"))).env_remove("NO_PROXY");
        for name in ["API_API_KEY", "API_API_SECRET", "API_KEY", "API_SECRET", "API_BEARER_TOKEN", "API_BASE_URL"] {
            child.env_remove(format!("SENDBLUE_{name}"));
        }
        let output = child.envs(variables.iter().copied()).output().expect("a child");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let key = ("SENDBLUE_API_API_KEY", "sandbox-key");
    let secret = ("SENDBLUE_API_API_SECRET", "sandbox-secret");
    let shown = run(&[key, secret, ("SENDBLUE_API_BASE_URL", sandbox.url())]);
    assert!(shown.contains("count: 0"), "{shown}");
    let shown = run(&[key, secret, ("SENDBLUE_API_BASE_URL", "http://canary.example")]);
    assert!(shown.contains("error: SENDBLUE_API_BASE_URL: is plain http"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
    let shown = run(&[key]);
    assert!(shown.contains("error: SENDBLUE_API_API_SECRET: is not set"), "{shown}");
}

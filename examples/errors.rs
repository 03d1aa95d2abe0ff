//! Shows the errors of single calls, each with its outcome and a remedy.
//!
//! ```sh
//! cargo run --example errors
//! ```
//!
//! A sandbox and two plain TCP sockets cause the errors. The program connects only to this machine.

use std::{error::Error as StdError, net::TcpListener, thread, time::Duration};

use sendblue_contacts::{
    Client, ClientBuilder, Credentials, Error, ErrorKind, Outcome, SlidingWindow,
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, Sandbox},
};

/// Returns the remedy for an error.
fn remedy(error: &Error) -> String {
    // The outcome comes first, because a repeated call could carry out the request twice.
    match error.outcome() {
        Outcome::Unknown => return "check whether the request was carried out before you repeat the call".into(),
        Outcome::Applied => {
            return "do not repeat the call: the request was carried out, only the response is unusable".into();
        }
        Outcome::NotSent | Outcome::Rejected => {}
    }
    match error.kind() {
        ErrorKind::Input => "correct the argument or the setting".into(),
        ErrorKind::TokenProvider => "check the token provider".into(),
        ErrorKind::Throttled => "send fewer requests, or raise the timeout of the call".into(),
        ErrorKind::Connect | ErrorKind::Timeout => "check the network, and repeat the call later".into(),
        ErrorKind::Tls => "check the base URL and the certificates".into(),
        ErrorKind::Unauthorized => "check the credentials".into(),
        ErrorKind::NotFound => "create the contact, or delete it from your own records".into(),
        ErrorKind::Conflict => "update the contact, or create it with `update_if_exists(true)`".into(),
        ErrorKind::RateLimited => {
            format!("wait {:?}, then repeat the call", error.retry_after().unwrap_or(Duration::from_secs(10)))
        }
        ErrorKind::Redirect => {
            "check the base URL: the client follows no redirects, because they would receive the keys".into()
        }
        _ => format!("correct the request; message of the service: {:?}", error.message().unwrap_or("none")),
    }
}

fn show(cause: &str, error: Option<Error>) {
    match error {
        Some(error) => {
            println!(
                "{cause}\n    error:   {error}\n    outcome: {:?}\n    remedy:  {}\n",
                error.outcome(),
                remedy(&error)
            );
        }
        None => println!("{cause}\n    no error\n"),
    }
}

/// Returns a client without retries, so that every error is visible.
fn client(url: &str) -> Result<ClientBuilder, Error> {
    let credentials = Credentials::key_pair(DEFAULT_KEY_ID, DEFAULT_SECRET_KEY)?;
    Ok(Client::builder().credentials(credentials).base_url(url).max_retries(0))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let sandbox = Sandbox::start()?;
    let builder = client(sandbox.url())?;
    let client_of_sandbox = builder.clone().build()?;
    let contacts = client_of_sandbox.contacts();
    contacts.create("+14155550100").send().await?;

    // Nothing is sent.
    show("a number that is not in E.164 form", contacts.retrieve("415-555-0100").send().await.err());
    show("a client without credentials", Client::builder().build().err());
    let provider = Credentials::bearer_provider(|| async { Err::<String, _>("the vault is locked") });
    let tokenless = client_of_sandbox.with_credentials(provider);
    show("a token provider that fails", tokenless.contacts().count().send().await.err());
    let throttled = builder.clone().rate_limit(SlidingWindow::new(1, Duration::from_secs(3600))?).build()?.contacts();
    throttled.count().send().await?;
    show("a call that exceeds the client's own rate limit", throttled.count().send().await.err());

    // The service responds.
    show("a contact that does not exist", contacts.retrieve("+14155550199").send().await.err());
    show("a contact that already exists", contacts.create("+14155550100").send().await.err());
    show("an error with status 200", contacts.verify("+14155550199").send().await.err());
    let unauthorized = client_of_sandbox.with_credentials(Credentials::key_pair("wrong", "wrong")?);
    show("wrong credentials", unauthorized.contacts().count().send().await.err());
    sandbox.fail_next(Fault::status(400).body(r#"{"status": "ERROR", "message": "Missing fields"}"#));
    show("a request that the service rejects", contacts.count().send().await.err());
    sandbox.fail_next(Fault::status(429).header("retry-after", "90"));
    show("too many requests", contacts.count().send().await.err());
    sandbox.fail_next(Fault::status(302).header("location", "https://elsewhere.example/"));
    show("a redirect", contacts.count().send().await.err());
    sandbox.fail_next(
        Fault::status(502).header("content-type", "text/html").body("<h1>Bad Gateway</h1>").apply_request(true),
    );
    show("a 502 from a proxy", contacts.create("+14155550101").send().await.err());
    sandbox.fail_next(Fault::status(200).body("<h1>Welcome</h1>").apply_request(true));
    show("a success whose body is not JSON", contacts.create("+14155550102").send().await.err());
    let small = builder.max_body(10).build()?.contacts();
    show("a body that is too large", small.retrieve("+14155550100").send().await.err());

    // The service does not respond, or not with HTTP.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let silent_contacts = client(&format!("http://{}", silent.local_addr()?))?.build()?.contacts();
    let request = silent_contacts.create("+14155550103").timeout(Duration::from_millis(200));
    show("a service that does not respond", request.send().await.err());
    for (cause, response) in [("a lost connection", ""), ("a response that is not HTTP", "hello\r\n\r\n")] {
        let url = respond_once(response)?;
        show(cause, client(&url)?.build()?.contacts().create("+14155550104").send().await.err());
    }
    drop(sandbox);
    show("a service that is not reachable", contacts.count().send().await.err());
    Ok(())
}

/// Responds to one request with these bytes, and closes the connection.
fn respond_once(response: &'static str) -> std::io::Result<String> {
    use std::io::{Read as _, Write as _};

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let _ = stream.read(&mut [0; 4096])?;
        stream.write_all(response.as_bytes())
    });
    Ok(url)
}

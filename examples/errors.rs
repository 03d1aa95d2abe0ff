//! Each class of failure, and what to do about it.
//!
//! ```sh
//! cargo run --example errors
//! ```
//!
//! A sandbox plays the failures, and two sockets those that no HTTP server would; nothing but this machine is contacted.

use std::{error::Error as StdError, net::TcpListener, thread, time::Duration};

use sendblue_contacts::{
    Client, ClientBuilder, Credentials, Error, Outcome, SlidingWindow,
    sandbox::{DEFAULT_KEY_ID, DEFAULT_SECRET_KEY, Fault, Sandbox},
};

/// What a program would do about a failure.
fn advice(error: &Error) -> String {
    // What became of the request decides first: nothing is to happen twice.
    match error.outcome() {
        Outcome::Unknown => return "look whether it was carried out before calling again".into(),
        Outcome::Applied => return "do not call again: it was carried out, only the answer is of no use".into(),
        Outcome::NotSent | Outcome::Rejected => {}
    }
    if error.is_input() {
        "mend the argument or the setting".into()
    } else if error.is_token() {
        "see what is wrong with the provider of tokens".into()
    } else if error.is_throttled() {
        "send less, or give the call more time".into()
    } else if error.is_connect() {
        "call again later; look at the network".into()
    } else if error.is_unauthorized() {
        "check the credentials; no call will succeed before that".into()
    } else if error.is_not_found() {
        "there is no such contact: create it, or drop it from your own records".into()
    } else if error.is_conflict() {
        "there is one already: update it, or create with `update_if_exists(true)`".into()
    } else if error.is_rate_limited() {
        format!("wait {:?}, then call again", error.retry_after().unwrap_or(Duration::from_secs(10)))
    } else if error.is_redirect() {
        "check the base URL: redirects are not followed, they would get the keys".into()
    } else {
        format!("do not call again as it is; the service says {:?}", error.message().unwrap_or("nothing"))
    }
}

fn show(what: &str, error: Option<Error>) {
    match error {
        Some(error) => {
            println!(
                "{what}\n    error:   {error}\n    outcome: {:?}\n    do:      {}\n",
                error.outcome(),
                advice(&error)
            );
        }
        None => println!("{what}\n    did not fail\n"),
    }
}

/// A client that does not send again, so that each failure is seen.
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

    // Nothing was sent.
    show("a number that is not E.164", contacts.retrieve("415-555-0100").send().await.err());
    show("a client without credentials", Client::builder().build().err());
    let provider = Credentials::bearer_provider(|| async { Err::<String, _>("the vault is locked") });
    let tokenless = client_of_sandbox.with_credentials(provider);
    show("a provider of tokens that fails", tokenless.contacts().count().send().await.err());
    let slow = builder.clone().rate_limit(SlidingWindow::new(1, Duration::from_secs(3600))?).build()?.contacts();
    slow.count().send().await?;
    show("a rate limit of the client's own", slow.count().send().await.err());

    // The service answered.
    show("a contact that is not there", contacts.retrieve("+14155550199").send().await.err());
    show("a contact that is there already", contacts.create("+14155550100").send().await.err());
    show("a failure with status 200", contacts.verify("+14155550199").send().await.err());
    let stranger = client_of_sandbox.with_credentials(Credentials::key_pair("wrong", "wrong")?);
    show("wrong credentials", stranger.contacts().count().send().await.err());
    sandbox.fail_next(Fault::status(400).body(r#"{"status": "ERROR", "message": "Missing fields"}"#));
    show("a request that the service finds fault with", contacts.count().send().await.err());
    sandbox.fail_next(Fault::status(429).header("retry-after", "90"));
    show("too many requests", contacts.count().send().await.err());
    sandbox.fail_next(Fault::status(302).header("location", "https://elsewhere.example/"));
    show("a redirect", contacts.count().send().await.err());
    sandbox
        .fail_next(Fault::status(502).header("content-type", "text/html").body("<h1>Bad Gateway</h1>").applied(true));
    show("a proxy's 502", contacts.create("+14155550101").send().await.err());
    sandbox.fail_next(Fault::status(200).body("<h1>Welcome</h1>").applied(true));
    show("a success that is not JSON", contacts.create("+14155550102").send().await.err());
    let small = builder.max_body(10).build()?.contacts();
    show("a body that is too large", small.retrieve("+14155550100").send().await.err());

    // It did not, or not in HTTP.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let silent_contacts = client(&format!("http://{}", silent.local_addr()?))?.build()?.contacts();
    let request = silent_contacts.create("+14155550103").timeout(Duration::from_millis(200));
    show("a service that does not answer", request.send().await.err());
    for (what, answer) in [("a connection that breaks", ""), ("an answer that is not HTTP", "hello\r\n\r\n")] {
        let url = answering(answer)?;
        show(what, client(&url)?.build()?.contacts().create("+14155550104").send().await.err());
    }
    drop(sandbox);
    show("a service that is not there", contacts.count().send().await.err());
    Ok(())
}

/// Answers one request with these bytes, and closes the connection.
fn answering(answer: &'static str) -> std::io::Result<String> {
    use std::io::{Read as _, Write as _};

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let _ = stream.read(&mut [0; 4096])?;
        stream.write_all(answer.as_bytes())
    });
    Ok(url)
}

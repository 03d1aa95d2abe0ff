//! Each class of failure, and what to do about it.
//!
//! ```sh
//! cargo run --example errors
//! ```
//!
//! A sandbox plays the failures; nothing but this machine is contacted.

use std::{error::Error as StdError, time::Duration};

use sendblue_contacts::{
    Client, Credentials, Error, Outcome,
    sandbox::{Fault, Sandbox},
};

/// What a program would do about a failure.
fn advice(error: &Error) -> String {
    // What went wrong decides first, where it says what to do.
    if error.is_input() {
        return "mend the argument; nothing was sent".into();
    }
    if error.is_unauthorized() {
        return "check the credentials; no call will succeed before that".into();
    }
    if error.is_not_found() {
        return "there is no such contact: create it, or drop it from your own records".into();
    }
    if error.is_conflict() {
        return "there is one already: update it, or create with `update_if_exists(true)`".into();
    }
    if error.is_rate_limited() {
        let wait = error.retry_after().unwrap_or(Duration::from_secs(10));
        return format!("wait {wait:?}, then call again");
    }
    if error.is_redirect() {
        return "check the base URL: redirects are not followed, they would get the keys".into();
    }
    // Of everything else, what became of the request.
    match error.outcome() {
        Outcome::NotSent => "call again, now or later".into(),
        Outcome::Rejected => format!("do not call again; the service says {:?}", error.message().unwrap_or("nothing")),
        Outcome::Unknown => "look whether it was carried out before calling again".into(),
        Outcome::Applied => "do not call again: it was carried out, only the answer is of no use".into(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let sandbox = Sandbox::start()?;
    let client = sandbox.client()?;
    let contacts = client.contacts();
    contacts.create("+14155550100").send().await?;

    let show = |what: &str, error: Option<Error>| match error {
        Some(error) => println!(
            "{what}\n    error:   {error}\n    outcome: {:?}\n    do:      {}\n",
            error.outcome(),
            advice(&error)
        ),
        None => println!("{what}\n    did not fail\n"),
    };

    show("a number that is not E.164", contacts.retrieve("415-555-0100").send().await.err());
    show("a contact that is not there", contacts.retrieve("+14155550199").send().await.err());
    show("a contact that is there already", contacts.create("+14155550100").send().await.err());
    show("a failure with status 200", contacts.verify("+14155550199").send().await.err());

    let stranger = client.with_credentials(Credentials::key_pair("wrong", "wrong")?);
    show("wrong credentials", stranger.contacts().count().send().await.err());

    // Up to a minute the client waits by itself.
    sandbox.fail_next(Fault::status(429).header("retry-after", "90"));
    show("too many requests", contacts.count().send().await.err());

    sandbox.fail_next(Fault::status(302).header("location", "https://elsewhere.example/"));
    show("a redirect", contacts.count().send().await.err());

    sandbox
        .fail_next(Fault::status(502).header("content-type", "text/html").body("<h1>Bad Gateway</h1>").applied(true));
    show("a proxy's 502", contacts.create("+14155550101").send().await.err());

    sandbox.fail_next(Fault::status(200).body("<h1>Welcome</h1>").applied(true));
    show("a success that is not JSON", contacts.create("+14155550102").send().await.err());

    drop(sandbox);
    let error = contacts.count().timeout(Duration::from_secs(2)).send().await.err();
    show("a service that is not there", error);

    let error = Client::builder().build().err();
    show("a client without credentials", error);
    Ok(())
}

//! Calls all ten operations, and reads a value back after each call.
//!
//! ```sh
//! cargo run --example quickstart                                                    # a sandbox
//! cargo run --features rustls --example quickstart -- --live                        # the service
//! cargo run --features rustls --example quickstart -- --live --verify +14155550100  # also sends a message
//! ```
//!
//! Without `--live`, the program connects only to a sandbox on this machine.
//!
//! With `--live`, the credentials come from the environment. The program creates three contacts with fictional numbers
//! and the tag [`TAG`], and deletes them at the end, also after a failure. If one of the contacts already exists, the
//! program stops before it changes anything. `--verify` names a contact of the account that receives a verification
//! message.
//!
//! The exit code is 1 if a call fails or a value differs.

use std::{error::Error, process::ExitCode};

use sendblue_contacts::{Client, Contacts, NewContact, PhoneNumber, Response, sandbox::Sandbox};
use serde_json::Value;

/// The tag of the contacts that this program creates.
const TAG: &str = "sendblue-contacts-quickstart";

const ADA: &str = "+14155550142";
const GRACE: &str = "+14155550143";
const KATHERINE: &str = "+14155550144";

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => {
            println!("\nEvery value is as expected.");
            ExitCode::SUCCESS
        }
        Ok(false) => {
            eprintln!("\nA value differs: see the lines with DIFFERS.");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("caused by: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    if arguments.live {
        let contacts = Client::from_env()?.contacts();
        check_numbers_are_free(&contacts).await?;
        let result = tour(&contacts, arguments.verify.as_ref(), None).await;
        delete_contacts(&contacts)
            .await
            .inspect_err(|_| eprintln!("find contacts with the tag {TAG}, and delete them"))?;
        result
    } else {
        let sandbox = Sandbox::start()?;
        println!("A sandbox runs at {}.\n", sandbox.url());
        tour(&sandbox.client()?.contacts(), Some(&ADA.parse()?), Some(&sandbox)).await
    }
}

#[derive(Default)]
struct Arguments {
    live: bool,
    verify: Option<PhoneNumber>,
}

impl Arguments {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut parsed = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--live" => parsed.live = true,
                "--verify" => {
                    let number = arguments.next().ok_or("--verify: missing phone number; write --verify NUMBER")?;
                    parsed.verify = Some(number.parse().map_err(|error| format!("--verify: {error}"))?);
                }
                _ => return Err(format!("unknown argument {argument}; use --live or --verify NUMBER").into()),
            }
        }
        if parsed.verify.is_some() && !parsed.live {
            return Err("--verify: needs --live; in the sandbox, the program verifies its own contact".into());
        }
        Ok(parsed)
    }
}

/// Returns an error if the account already has one of the contacts.
async fn check_numbers_are_free(contacts: &Contacts) -> Result<()> {
    for number in [ADA, GRACE, KATHERINE] {
        match contacts.retrieve(number).send().await {
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(format!("the account already has the contact {number}; nothing was changed").into()),
        }
    }
    Ok(())
}

/// Deletes the contacts that this program created.
async fn delete_contacts(contacts: &Contacts) -> Result<()> {
    for number in [ADA, GRACE, KATHERINE] {
        let contact = match contacts.retrieve(number).send().await {
            Err(error) if error.is_not_found() => continue,
            contact => contact?,
        };
        if contact.opt_out == Some(true) {
            contacts.opt_out(number).opted_out(false).send().await?;
        }
        contacts.delete(number).send().await?;
    }
    Ok(())
}

/// Calls the ten operations. Returns whether every value is as expected.
pub(crate) async fn tour(contacts: &Contacts, verify: Option<&PhoneNumber>, sandbox: Option<&Sandbox>) -> Result<bool> {
    let mut report = Report { sandbox, all_as_expected: true };
    println!("{:<22} {:<38} {:<6}  value read back", "operation", "request", "status");

    let create = contacts.create(ADA).first_name("Ada").tags([TAG]).send_raw().await?;
    let ada = contacts.retrieve(ADA).send().await?;
    report.line(
        "contacts.create",
        "POST /api/v2/contacts",
        &create,
        "first_name",
        ada.first_name,
        Some("Ada".to_owned()),
    );

    let retrieve = contacts.retrieve(ADA).send_raw().await?;
    let listed = contacts.list().phone_number(ADA).send().await?;
    let tags = listed.into_iter().find_map(|contact| contact.tags);
    let expected = retrieve.value().tags.clone();
    report.line("contacts.retrieve", "GET /api/v2/contacts/+14155550142", &retrieve, "tags", tags, expected);

    let update =
        contacts.update(ADA).company_name("Analytical Engines").custom_variables([("Plan", "Gold")]).send_raw().await?;
    let ada = contacts.retrieve(ADA).send().await?;
    let expected = Some("Analytical Engines".to_owned());
    report.line(
        "contacts.update",
        "PUT /api/v2/contacts/+14155550142",
        &update,
        "company_name",
        ada.company_name,
        expected,
    );

    let bulk_create = contacts
        .bulk()
        .create([
            NewContact::new(GRACE)?.first_name("Grace").tags([TAG]),
            NewContact::new(KATHERINE)?.first_name("Katherine").tags([TAG]),
        ])
        .send_raw()
        .await?;
    let grace = contacts.retrieve(GRACE).send().await?;
    let katherine = contacts.retrieve(KATHERINE).send().await?;
    let expected = vec!["Grace", "Katherine"];
    let names = vec![grace.first_name, katherine.first_name];
    report.line("contacts.bulk.create", "POST /api/v2/contacts/bulk", &bulk_create, "first_name", names, expected);

    // Lists one contact of this program, so that no other contact of the account is printed.
    let list = contacts.list().phone_number(GRACE).limit(1).send_raw().await?;
    let listed = list.value().first().and_then(|contact| contact.first_name.clone());
    let grace = contacts.retrieve(GRACE).send().await?;
    report.line("contacts.list", "GET /api/v2/contacts", &list, "first_name", grace.first_name, listed);

    let count = contacts.count().send_raw().await?;
    if sandbox.is_some() {
        let listed = contacts.list().limit(1000).send().await?.len() as u64;
        report.line("contacts.count", "GET /api/v2/contacts/count", &count, "listed", listed, *count.value());
    } else {
        // Other programs may create and delete contacts of the account, so the value is not compared.
        let again = contacts.count().send().await?;
        report.line("contacts.count", "GET /api/v2/contacts/count", &count, "count", again, again);
    }

    match verify {
        Some(number) => {
            let verify = contacts.verify(number).send_raw().await?;
            let verified = contacts.retrieve(number).send().await?.verified;
            // It is unknown whether the service sets `verified` before the person replies.
            let expected = if sandbox.is_some() { Some(true) } else { verified };
            report.line("contacts.verify", "POST /api/v2/contacts/verify", &verify, "verified", verified, expected);
        }
        None => {
            println!("{:<22} skipped, because it sends a message to a person; use --verify NUMBER", "contacts.verify")
        }
    }

    let opt_out = contacts.opt_out(ADA).send_raw().await?;
    let ada = contacts.retrieve(ADA).send().await?;
    report.line("contacts.opt_out", "POST /api/v2/contacts/opt-out", &opt_out, "opt_out", ada.opt_out, Some(true));

    // The opt-out belongs to the number and may remain after the contact is deleted.
    contacts.opt_out(ADA).opted_out(false).send().await?;

    let bulk_delete = contacts.bulk().delete([GRACE, KATHERINE]).send_raw().await?;
    let status = status_of(contacts, GRACE).await?;
    report.line("contacts.bulk.delete", "DELETE /api/v2/contacts", &bulk_delete, "retrieve", status, 404);

    let delete = contacts.delete(ADA).send_raw().await?;
    let status = status_of(contacts, ADA).await?;
    report.line("contacts.delete", "DELETE /api/v2/contacts/+14155550142", &delete, "retrieve", status, 404);

    Ok(report.all_as_expected)
}

/// Returns the status of `contacts.retrieve`.
async fn status_of(contacts: &Contacts, number: &str) -> Result<u16> {
    match contacts.retrieve(number).send_raw().await {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) => Ok(error.status().ok_or(error)?.as_u16()),
    }
}

struct Report<'a> {
    sandbox: Option<&'a Sandbox>,
    all_as_expected: bool,
}

impl Report<'_> {
    /// Prints the status of an operation, and a value that another call read back.
    fn line<T>(
        &mut self,
        operation: &str,
        method_and_path: &str,
        response: &Response<T>,
        name: &str,
        read_back: impl Into<Value>,
        expected: impl Into<Value>,
    ) {
        let (read_back, expected) = (read_back.into(), expected.into());
        let status = response.status().as_u16();
        let is_received = self.sandbox.is_none_or(|sandbox| {
            sandbox.requests().iter().any(|request| {
                request.operation() == Some(operation)
                    && format!("{} {}", request.method(), request.path()) == method_and_path
                    && request.status() == status
            })
        });
        let verdict = match (read_back == expected, is_received) {
            (true, true) => String::new(),
            (false, _) => format!("  DIFFERS: expected {expected}"),
            (_, false) => "  DIFFERS: the sandbox did not receive the request".to_owned(),
        };
        self.all_as_expected &= verdict.is_empty();
        println!("{operation:<22} {method_and_path:<38} {status:<6}  {name} = {read_back}{verdict}");
    }
}

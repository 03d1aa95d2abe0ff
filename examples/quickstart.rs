//! All ten operations, each with a value that another call reads back.
//!
//! ```sh
//! cargo run --example quickstart                                  # against a sandbox of its own
//! cargo run --example quickstart -- --live                        # against the service
//! cargo run --example quickstart -- --live --verify +14155550100  # and sends that contact a message
//! ```
//!
//! With `--live` the credentials come from the environment. It creates three contacts with fictional numbers and the tag
//! [`TAG`], stops if one of them is there already, and removes them in the end, also after a failure; `contacts.verify`
//! is skipped unless a number is given, that of a contact of the account. Without `--live` nothing but this machine is
//! contacted.
//!
//! It exits with 1 if a value differs from what was expected.

use std::{error::Error, fmt::Debug, process::ExitCode};

use sendblue_contacts::{Client, Contacts, NewContact, PhoneNumber, Response, http::StatusCode, sandbox::Sandbox};

/// What marks the contacts that this program creates.
const TAG: &str = "sendblue-contacts-quickstart";

const ADA: &str = "+14155550142";
const GRACE: &str = "+14155550143";
const KATHERINE: &str = "+14155550144";

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("a value differs from what was expected");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    if arguments.live {
        let contacts = Client::from_env()?.contacts();
        nobody_is_there(&contacts).await?;
        let result = tour(&contacts, arguments.verify.as_ref(), None).await;
        clean_up(&contacts)
            .await
            .inspect_err(|_| eprintln!("look for contacts with the tag {TAG}, and remove them by hand"))?;
        result
    } else {
        let sandbox = Sandbox::start()?;
        println!("a sandbox at {}", sandbox.url());
        tour(&sandbox.client()?.contacts(), Some(&ADA.parse()?), Some(&sandbox)).await
    }
}

#[derive(Default)]
struct Arguments {
    live: bool,
    verify: Option<PhoneNumber>,
}

impl Arguments {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut read = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--live" => read.live = true,
                "--verify" => {
                    let number = arguments.next().ok_or("--verify: needs a phone number behind it")?;
                    read.verify = Some(number.parse().map_err(|error| format!("--verify: {error}"))?);
                }
                _ => return Err(format!("unknown argument {argument}; there are --live and --verify NUMBER").into()),
            }
        }
        if read.verify.is_some() && !read.live {
            return Err("--verify: goes with --live; the sandbox verifies a contact of its own".into());
        }
        Ok(read)
    }
}

/// The account's own contacts are not to be touched.
async fn nobody_is_there(contacts: &Contacts) -> Result<()> {
    for number in [ADA, GRACE, KATHERINE] {
        match contacts.retrieve(number).send().await {
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(format!("the account has a contact with the number {number}; nothing was done").into()),
        }
    }
    Ok(())
}

/// Whatever happened, nothing stays behind.
async fn clean_up(contacts: &Contacts) -> Result<()> {
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

/// The ten operations. Gives whether all values were as expected.
pub(crate) async fn tour(contacts: &Contacts, verify: Option<&PhoneNumber>, sandbox: Option<&Sandbox>) -> Result<bool> {
    let mut report = Report { sandbox, all_as_expected: true };

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
            NewContact::new(GRACE).first_name("Grace").tags([TAG]),
            NewContact::new(KATHERINE).first_name("Katherine").tags([TAG]),
        ])
        .send_raw()
        .await?;
    let grace = contacts.retrieve(GRACE).send().await?;
    let katherine = contacts.retrieve(KATHERINE).send().await?;
    let expected = (Some("Grace".to_owned()), Some("Katherine".to_owned()));
    let names = (grace.first_name, katherine.first_name);
    report.line("contacts.bulk.create", "POST /api/v2/contacts/bulk", &bulk_create, "first_name", names, expected);

    // Of an account's own contacts nothing is shown.
    let list = contacts.list().phone_number(GRACE).limit(1).send_raw().await?;
    let listed = list.value().first().and_then(|contact| contact.first_name.clone());
    let grace = contacts.retrieve(GRACE).send().await?;
    report.line("contacts.list", "GET /api/v2/contacts", &list, "first_name", grace.first_name, listed);

    let count = contacts.count().send_raw().await?;
    if sandbox.is_some() {
        let listed = contacts.list().limit(1000).send().await?.len() as u64;
        report.line("contacts.count", "GET /api/v2/contacts/count", &count, "listed", listed, *count.value());
    } else {
        // Other programs may be creating and deleting contacts of the account: it can be read back, not compared.
        let again = contacts.count().send().await?;
        report.line("contacts.count", "GET /api/v2/contacts/count", &count, "count", again, again);
    }

    match verify {
        Some(number) => {
            let verify = contacts.verify(number).send_raw().await?;
            let verified = contacts.retrieve(number).send().await?.verified;
            // Whether the service calls a contact verified before a person has answered is not known.
            let expected = if sandbox.is_some() { Some(true) } else { verified };
            report.line("contacts.verify", "POST /api/v2/contacts/verify", &verify, "verified", verified, expected);
        }
        None => {
            println!("{:<22} skipped: it sends a person a message; name one with --verify NUMBER", "contacts.verify")
        }
    }

    let opt_out = contacts.opt_out(ADA).send_raw().await?;
    let ada = contacts.retrieve(ADA).send().await?;
    report.line("contacts.opt_out", "POST /api/v2/contacts/opt-out", &opt_out, "opt_out", ada.opt_out, Some(true));

    // The state belongs to the number and may outlive the contact.
    contacts.opt_out(ADA).opted_out(false).send().await?;

    let bulk_delete = contacts.bulk().delete([GRACE, KATHERINE]).send_raw().await?;
    let status = status_of(contacts, GRACE).await?;
    report.line(
        "contacts.bulk.delete",
        "DELETE /api/v2/contacts",
        &bulk_delete,
        "retrieve",
        status,
        StatusCode::NOT_FOUND,
    );

    let delete = contacts.delete(ADA).send_raw().await?;
    let status = status_of(contacts, ADA).await?;
    report.line(
        "contacts.delete",
        "DELETE /api/v2/contacts/+14155550142",
        &delete,
        "retrieve",
        status,
        StatusCode::NOT_FOUND,
    );

    Ok(report.all_as_expected)
}

/// What `retrieve` answers.
async fn status_of(contacts: &Contacts, number: &str) -> Result<StatusCode> {
    match contacts.retrieve(number).send_raw().await {
        Ok(response) => Ok(response.status()),
        Err(error) => error.status().ok_or_else(|| error.into()),
    }
}

struct Report<'a> {
    sandbox: Option<&'a Sandbox>,
    all_as_expected: bool,
}

impl Report<'_> {
    /// A line for an operation: its answer, and a value that another call has read back.
    fn line<T, V: Debug + PartialEq>(
        &mut self,
        operation: &str,
        method_and_path: &str,
        response: &Response<T>,
        name: &str,
        read_back: V,
        expected: V,
    ) {
        let status = response.status().as_u16();
        let arrived = self.sandbox.is_none_or(|sandbox| {
            sandbox.requests().iter().any(|request| {
                request.operation() == Some(operation)
                    && format!("{} {}", request.method(), request.path()) == method_and_path
                    && request.status() == status
            })
        });
        let verdict = match (read_back == expected, arrived) {
            (true, true) => String::new(),
            (false, _) => format!("  DIFFERS: expected {expected:?}"),
            (_, false) => "  DIFFERS: the sandbox has not received it".to_owned(),
        };
        self.all_as_expected &= verdict.is_empty();
        println!("{operation:<22} {method_and_path:<38} {status}  {name} = {read_back:?}{verdict}");
    }
}

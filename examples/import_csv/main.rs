//! Imports contacts from a CSV file.
//!
//! ```sh
//! # a sample, into a sandbox
//! cargo run --features csv --example import_csv
//! # checks a file and sends nothing
//! cargo run --features csv --example import_csv -- contacts.csv --dry-run
//! # imports the file into the account
//! cargo run --features csv,rustls --example import_csv -- contacts.csv --live
//! cargo run --features csv,rustls --example import_csv -- contacts.csv --live --upsert --rejects rejects.csv
//! ```
//!
//! The columns Phone, First Name, Last Name, Company and Tags (`a; b`) become properties of the contact. Any other
//! column becomes a custom variable. Empty fields are omitted. A phone number needs a country code, and may contain
//! spaces and punctuation. An invalid row is printed with its line, and the import continues. [`table::MAX_ROW`] limits
//! the length of a row.
//!
//! With `--live`, the credentials come from the environment, and the program stays within the reported rate limit. A
//! journal next to the file records the progress, without data of the contacts. After Ctrl-C, an error or a power cut,
//! the same command resumes the import. If the file has changed, the command fails. To import the file from the start,
//! remove the journal. Without `--live`, the program connects only to this machine.
//!
//! `--rejects` writes invalid and rejected rows to a file. Correct the rows, and import that file.
//!
//! The exit code is 0 if every contact exists, 1 if a row needs attention, and 2 if the import did not start or finish.

use std::{
    collections::{HashMap, hash_map::Entry},
    env,
    error::Error,
    pin::pin,
    process::ExitCode,
    sync::Arc,
};

use futures_util::stream;
use sendblue_contacts::{
    ClientBuilder, Contacts, ErrorKind, NewContact, SlidingWindow,
    jobs::{DEFAULT_CHUNK_SIZE, Import, Summary},
    sandbox::Sandbox,
};
use serde_json::json;
use tokio::{select, signal::ctrl_c};

use crate::{
    arguments::{Arguments, USAGE},
    attention::Attention,
    progress::ProgressOutput,
    table::{Row, Table},
};

mod arguments;
mod attention;
mod progress;
mod table;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Contacts of the sample that already exist in the sandbox.
const EXISTING: [&str; 2] = ["+14155550102", "+442079460018"];
/// A contact of the sample that the sandbox rejects.
const REJECTED: &str = "+14155550199";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse(env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("caused by: {error}");
                cause = error.source();
            }
            ExitCode::from(2)
        }
    }
}

/// Returns whether every contact exists and no row needs attention.
async fn run(arguments: &Arguments) -> Result<bool> {
    let file = arguments.file();
    let table = Table::open(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    if arguments.dry_run {
        dry_run(&table)
    } else if arguments.live {
        // The rate limit avoids 429 responses.
        let client = ClientBuilder::from_env()?.rate_limit(SlidingWindow::reported()).build()?;
        import(&client.contacts(), table, arguments).await
    } else {
        let existing = EXISTING.map(|phone| json!({ "phone": phone, "created_at": "2025-11-03T09:30:00Z" }));
        let sandbox = Sandbox::builder().contacts(existing).reject_numbers([REJECTED], 422).start()?;
        println!("a sandbox at {} with two contacts of the sample; it rejects one number", sandbox.url());
        import(&sandbox.client()?.contacts(), table, arguments).await
    }
}

fn dry_run(table: &Table) -> Result<bool> {
    let (mut attention, mut first, mut invalid) = (Attention::default(), HashMap::new(), 0);
    for (index, row) in (0..).zip(table.rows_from(0)?) {
        let row = row?;
        match table.contact(&row).map(|(phone, _)| first.entry(phone)) {
            Ok(Entry::Vacant(place)) => {
                place.insert(index);
            }
            Ok(Entry::Occupied(first)) => {
                attention.add(table, &row, || Ok(format!("duplicate of line {}", table.line_of(*first.get())?)))?;
            }
            Err(problem) => {
                invalid += 1;
                attention.add(table, &row, || Ok(format!("invalid: {problem}")))?;
            }
        }
    }
    let (rows, contacts) = (table.len(), first.len() as u64);
    println!("{rows} rows: {contacts} to import, {invalid} invalid, {} duplicate", rows - contacts - invalid);
    println!("nothing was sent");
    attention.print();
    Ok(invalid == 0)
}

async fn import(contacts: &Contacts, table: Table, arguments: &Arguments) -> Result<bool> {
    let table = Arc::new(table);
    let mut attention = Attention::default();
    if let Some(path) = &arguments.rejects {
        attention.write_to(path, &table).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    // Each row is one item, so the index of an item is the index of its row. The job reports a row without a valid
    // number as invalid. Reading a row blocks only briefly.
    let contact =
        |table: &Table, row: &Row| table.contact(row).map_or_else(|_| NewContact::new(""), |(_, new)| Ok(new));
    let rows = table.rows_from(0)?.map({
        let table = Arc::clone(&table);
        move |row| row.map(|row| contact(&table, &row))
    });
    let chunk = arguments.chunk.unwrap_or(DEFAULT_CHUNK_SIZE);
    let job = contacts.try_import_stream(stream::iter(rows)).total(table.len());
    let mut job = job.chunk_size(chunk).upsert(arguments.upsert);
    let journal = arguments.journal();
    if let Some(path) = &journal {
        job = job.journal(path);
    }

    let mut job = job.start();
    let mut output = ProgressOutput::new(table.len());
    let mut interrupt = pin!(ctrl_c());
    let mut is_interrupted = false;
    let mut failure = None;
    loop {
        select! {
            report = job.next() => match report {
                Some(Ok(report)) => {
                    if let Err(error) = attention.add_report(&table, &report) {
                        failure.get_or_insert(error);
                        job.stop();
                    }
                    output.show(&job.progress());
                }
                Some(Err(error)) => {
                    failure.get_or_insert(error.into());
                }
                None => break,
            },
            interrupted = &mut interrupt => {
                interrupted?;
                if is_interrupted {
                    break;
                }
                is_interrupted = true;
                output.message("stopping after the requests in flight; press Ctrl-C again to stop at once");
                job.stop();
                interrupt.set(ctrl_c());
            }
        }
    }
    output.finish();

    let summary = job.summary();
    print(&summary, &table);
    attention.print();
    if summary.is_stopped() || failure.is_some() {
        let failure = failure.unwrap_or_else(|| "the import stopped before the end of the file".into());
        match (failure.downcast_ref::<sendblue_contacts::Error>(), journal) {
            // These errors contain the remedy.
            (Some(error), _)
                if error.is_input() || matches!(error.kind(), ErrorKind::Journal | ErrorKind::OtherAccount) => {}
            (_, Some(path)) => println!("the journal is {}; to resume: {}", path.display(), arguments::command()),
            (_, None) => println!("to start again: {}", arguments::command()),
        }
        return Err(failure);
    }
    Ok(summary.rejected() + summary.invalid() + summary.unknown() == 0)
}

fn print(summary: &Summary<Import>, table: &Table) {
    for (class, count) in [
        ("created", summary.created()),
        ("existing", summary.existing()),
        ("rejected", summary.rejected()),
        ("invalid", summary.invalid()),
        ("duplicate", summary.duplicate()),
        ("unknown", summary.unknown()),
    ] {
        println!("{class:<10}{count:>8}");
    }
    println!("{:<10}{:>8} of {} rows", "sum", summary.items(), table.len());
    if summary.resumed() > 0 {
        println!("{} rows were imported by an earlier run", summary.resumed());
    }
}

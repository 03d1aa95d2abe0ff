//! Contacts from a CSV file, as a CRM exports them, however many.
//!
//! ```sh
//! cargo run --example import_csv                                   # a sample, into a sandbox of its own
//! cargo run --example import_csv -- contacts.csv --dry-run         # checks a file, and sends nothing
//! cargo run --example import_csv -- contacts.csv --live            # imports it into your account
//! cargo run --example import_csv -- contacts.csv --live --upsert --rejects mend.csv
//! ```
//!
//! The columns Phone, First Name, Last Name, Company and Tags (`a; b`) are those of a contact, any other is a custom variable
//! with its name; an empty field is left out. A number may be written for people, but needs its country code. A row with
//! a problem is told with its line, and does not keep the others from being imported. [`table::MAX_ROW`] is the longest row.
//!
//! With `--live` the credentials come from the environment, no more is sent than the service is reported to allow, and
//! a journal beside the file, which has nothing of the contacts, notes how far it is. After Ctrl-C, a failure or a power cut
//! the same command goes on from there; it refuses a file that has changed. Remove the journal to import the file anew.
//! Without `--live` nothing but this machine is contacted.
//!
//! `--rejects` makes a file of the rows that were invalid or rejected, to be mended and imported in turn.
//!
//! It exits with 0 if all contacts are there, 1 if some rows need attention, and 2 if it could not begin or come to its end.

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
    ClientBuilder, Contacts, NewContact, SlidingWindow,
    contacts::{Import, Summary, jobs::DEFAULT_CHUNK_SIZE},
    sandbox::Sandbox,
};
use serde_json::json;
use tokio::{select, signal::ctrl_c};

use crate::{
    arguments::{Arguments, USAGE},
    attention::Attention,
    progress::Shown,
    table::{Row, Table},
};

mod arguments;
mod attention;
mod progress;
mod table;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Contacts of the sample which its sandbox has already.
const THERE: [&str; 2] = ["+14155550102", "+442079460018"];
/// One that its sandbox refuses.
const REFUSED: &str = "+14155550199";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::read(env::args().skip(1)) {
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
                eprintln!("because: {error}");
                cause = error.source();
            }
            ExitCode::from(2)
        }
    }
}

/// Gives whether no row needs attention.
async fn run(arguments: &Arguments) -> Result<bool> {
    let file = arguments.file();
    let table = Table::open(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    if arguments.dry_run {
        dry_run(&table)
    } else if arguments.live {
        // Many requests in a row: below the limit from the start, rather than refused.
        let client = ClientBuilder::from_env()?.rate_limit(SlidingWindow::reported()).build()?;
        import(&client.contacts(), table, arguments).await
    } else {
        let there = THERE.map(|phone| json!({ "phone": phone, "created_at": "2025-11-03T09:30:00Z" }));
        let sandbox = Sandbox::builder().contacts(there).reject_numbers([REFUSED], 422).start()?;
        println!("a sandbox at {}, which has two of the sample's contacts, and refuses one", sandbox.url());
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
                attention.tell(table, &row, || Ok(format!("duplicate of line {}", table.line_of(*first.get())?)))?;
            }
            Err(problem) => {
                invalid += 1;
                attention.tell(table, &row, || Ok(format!("invalid: {problem}")))?;
            }
        }
    }
    let (rows, contacts) = (table.len(), first.len() as u64);
    println!("{rows} rows: {contacts} to be imported, {invalid} invalid, {} duplicate", rows - contacts - invalid);
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
    // One for each row, so that the index of an item is that of its row: where a row has no contact, one without a number,
    // which is invalid and not sent. To read a row blocks for next to nothing.
    let contact = |table: &Table, row: &Row| table.contact(row).map_or_else(|_| NewContact::new(""), |(_, new)| new);
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
    let mut shown = Shown::new(table.len());
    let mut interrupt = pin!(ctrl_c());
    let mut is_interrupted = false;
    let mut failure = None;
    loop {
        select! {
            report = job.next() => match report {
                Some(Ok(report)) => {
                    if let Err(error) = attention.take(&table, &report) {
                        failure.get_or_insert(error);
                        job.stop();
                    }
                    shown.show(&job.progress());
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
                shown.say("stopping: what is under way is finished first; Ctrl-C again does not wait for it");
                job.stop();
                interrupt.set(ctrl_c());
            }
        }
    }
    shown.end();

    let summary = job.summary();
    print(&summary, &table);
    attention.print();
    if summary.is_stopped() || failure.is_some() {
        let failure = failure.unwrap_or_else(|| "stopped before the end of the file".into());
        match (failure.downcast_ref::<sendblue_contacts::Error>(), journal) {
            // They say what to do before the next run.
            (Some(error), _) if error.is_input() || error.is_journal() => {}
            (_, Some(path)) => println!("the journal is {}; to go on: {}", path.display(), arguments::command()),
            (_, None) => println!("the sandbox is gone; to begin anew: {}", arguments::command()),
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
        println!("{} of them are known from an earlier run, which has told their lines", summary.resumed());
    }
}

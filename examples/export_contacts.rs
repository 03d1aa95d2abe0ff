//! The whole account as CSV or as JSON lines, however large.
//!
//! ```sh
//! cargo run --example export_contacts                                     # a sandbox's contacts, to standard output
//! cargo run --example export_contacts -- --output contacts.csv --live     # those of the account
//! cargo run --example export_contacts -- --output contacts.jsonl --live   # the same, as JSON lines
//! ```
//!
//! With `--live` the credentials come from the environment. One page is in memory at a time, and the next on its way.
//! Beside `contacts.csv`, `contacts.csv.cursor` says how far it has come: after Ctrl-C, a failure, or a crash of the machine
//! the same command goes on from there, and no contact is missing or there twice. At the end the service is asked how many
//! contacts there are.
//!
//! It exits with 0 if the file is complete, with 1 if it is not or if a contact could not be read, and with 2 if it was stopped
//! or not understood. Files are readable by their owner alone: they have people's data in them.

use std::{
    env,
    error::Error,
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal as _, Seek as _, SeekFrom, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use sendblue_contacts::{ClientBuilder, Contact, Contacts, SlidingWindow, contacts::Cursor, sandbox::Sandbox};
use serde::{Deserialize, Serialize};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const USAGE: &str = "\
Usage: export_contacts [--output FILE] [--format csv|jsonl] [--live]

  --output FILE    write to this file, and go on with it if it was begun (default: standard output)
  --format FORMAT  csv or jsonl (default: jsonl for a FILE that ends like that, else csv)
  --live           export the account of the credentials in the environment (default: a sandbox's)";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::read(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments).await {
        Ok(code) => code,
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

async fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.live {
        // Many requests in a row: below the limit from the start, rather than refused.
        let client = ClientBuilder::from_env()?.rate_limit(SlidingWindow::reported()).build()?;
        return export(&client.contacts(), arguments).await;
    }
    // The same ones each time, so that a file can be gone on with.
    let sandbox = Sandbox::builder().synthetic_contacts(2_500).start()?;
    export(&sandbox.client()?.contacts(), arguments).await
}

async fn export(contacts: &Contacts, arguments: &Arguments) -> Result<ExitCode> {
    let mut output = Output::open(arguments)?;
    let result = write_all(contacts, &mut output, arguments).await;
    if result.is_err() && output.files.is_some() {
        eprintln!("{} contacts are written; the same command goes on from there", output.begun.contacts);
    }
    result
}

async fn write_all(contacts: &Contacts, output: &mut Output, arguments: &Arguments) -> Result<ExitCode> {
    let mut pages = contacts.list().pages().check_count(true);
    if let Some(cursor) = output.begun.cursor.take() {
        eprintln!("going on after {} contacts", output.begun.contacts);
        pages = pages.resume(cursor);
    }
    let progress = Progress::new(contacts.count().send().await?);
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let page = tokio::select! {
            page = pages.next() => page,
            _ = &mut interrupted => {
                progress.finish();
                eprintln!("stopped after {} contacts; {}", output.begun.contacts, arguments.how_to_go_on());
                return Ok(ExitCode::from(2));
            }
        };
        match page {
            Some(Ok(page)) => {
                output.write(&page, pages.cursor())?;
                progress.show(output.begun.contacts);
            }
            Some(Err(error)) if error.is_element() => {
                eprintln!("left out: {error}");
                output.leave_out(pages.cursor())?;
            }
            Some(Err(error)) => return Err(error.into()),
            None => break,
        }
    }
    output.finish()?;
    progress.finish();
    let Begun { contacts, unreadable, .. } = output.begun;
    eprintln!("{contacts} contacts; {unreadable} could not be read");
    Ok(if unreadable == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Format {
    Csv,
    JsonLines,
}

struct Arguments {
    output: Option<PathBuf>,
    format: Format,
    live: bool,
}

impl Arguments {
    fn read(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut output, mut format, mut live) = (None::<PathBuf>, None, false);
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--output" => output = Some(value()?.into()),
                "--format" => {
                    format = Some(match value()?.as_str() {
                        "csv" => Format::Csv,
                        "jsonl" => Format::JsonLines,
                        other => return Err(format!("--format is csv or jsonl, not {other}")),
                    });
                }
                "--live" => live = true,
                _ => return Err(format!("unknown argument: {name}")),
            }
        }
        let by_name = || match output.as_ref()?.extension()?.to_str()? {
            "jsonl" | "ndjson" => Some(Format::JsonLines),
            _ => None,
        };
        let format = format.or_else(by_name).unwrap_or(Format::Csv);
        Ok(Self { output, format, live })
    }

    fn how_to_go_on(&self) -> &'static str {
        match self.output {
            Some(_) => "the same command goes on from there",
            None => "with --output FILE it could go on from there",
        }
    }
}

/// How far a file has come; written beside it after each page.
#[derive(Serialize, Deserialize)]
struct Begun {
    format: Format,
    live: bool,
    /// What the file has beyond them came after the cursor was written.
    bytes: u64,
    contacts: u64,
    unreadable: u64,
    cursor: Option<Cursor>,
}

impl Begun {
    fn new(arguments: &Arguments) -> Self {
        let Arguments { format, live, .. } = *arguments;
        Self { format, live, bytes: 0, contacts: 0, unreadable: 0, cursor: None }
    }
}

struct Output {
    /// The file, and that of the cursor.
    files: Option<(File, PathBuf)>,
    begun: Begun,
}

impl Output {
    fn open(arguments: &Arguments) -> Result<Self> {
        let new = Begun::new(arguments);
        let Some(path) = &arguments.output else {
            return Ok(Self { files: None, begun: new });
        };
        let mut beside = path.clone().into_os_string();
        beside.push(".cursor");
        let beside = PathBuf::from(beside);
        let begun: Option<Begun> = match fs::read(&beside) {
            Ok(saved) => {
                Some(serde_json::from_slice(&saved).map_err(|error| format!("{}: {error}", beside.display()))?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{}: {error}", beside.display()).into()),
        };
        let again = || format!("remove it and {}, and begin again", beside.display());
        let mut file = private().create_new(begun.is_none()).open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => format!("{} is there already; remove it, or name another", path.display()),
            io::ErrorKind::NotFound if begun.is_some() => {
                format!("{} is not there any more; {}", path.display(), again())
            }
            _ => format!("{}: {error}", path.display()),
        })?;
        if let Some(begun) = &begun {
            if (begun.format, begun.live) != (new.format, new.live) {
                return Err(
                    format!("{} was begun with other options; give the same, or {}", path.display(), again()).into()
                );
            }
            if file.metadata()?.len() < begun.bytes {
                return Err(format!("{} is shorter than it was; {}", path.display(), again()).into());
            }
        }
        let begun = begun.unwrap_or(new);
        file.set_len(begun.bytes)?;
        file.seek(SeekFrom::End(0))?;
        let output = Self { files: Some((file, beside)), begun };
        output.save()?;
        Ok(output)
    }

    /// Writes a page, and then that it was written.
    fn write(&mut self, page: &[Contact], cursor: Cursor) -> Result<()> {
        let rows = match self.begun.format {
            Format::Csv => csv_rows(page, self.begun.bytes == 0)?,
            Format::JsonLines => json_lines(page)?,
        };
        match &mut self.files {
            Some((file, _)) => file.write_all(&rows).and_then(|()| file.sync_data())?,
            None => io::stdout().lock().write_all(&rows)?,
        }
        self.begun.bytes += rows.len() as u64;
        self.begun.contacts += page.len() as u64;
        self.begun.cursor = Some(cursor);
        self.save()
    }

    /// Goes on after a contact that could not be read.
    fn leave_out(&mut self, cursor: Cursor) -> Result<()> {
        self.begun.unreadable += 1;
        self.begun.cursor = Some(cursor);
        self.save()
    }

    fn save(&self) -> Result<()> {
        match &self.files {
            Some((_, beside)) => Ok(replace(beside, &serde_json::to_vec(&self.begun)?)?),
            None => Ok(()),
        }
    }

    fn finish(&self) -> Result<()> {
        match &self.files {
            Some((_, beside)) => Ok(fs::remove_file(beside)?),
            None => Ok(()),
        }
    }
}

/// A file that only its owner can read, where the system knows of owners.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true);
    options
}

/// Puts a file in the place of another at once, so that there always is a whole one.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("cursor.new");
    let mut file = private().create(true).truncate(true).open(&new)?;
    file.write_all(content)?;
    file.sync_data()?;
    fs::rename(new, path)
}

fn csv_rows(page: &[Contact], with_header: bool) -> Result<Vec<u8>> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    if with_header {
        rows.write_record([
            "phone",
            "first_name",
            "last_name",
            "company_name",
            "tags",
            "opt_out",
            "verified",
            "assigned_to_email",
            "sendblue_number",
            "created_at",
            "custom_variables",
            "contact_id",
        ])?;
    }
    for contact in page {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string()).unwrap_or_default();
        rows.write_record([
            text(&contact.phone),
            text(&contact.first_name),
            text(&contact.last_name),
            text(&contact.company_name),
            contact.tags.as_ref().map(|tags| tags.join(";")).unwrap_or_default(),
            flag(contact.opt_out),
            flag(contact.verified),
            text(&contact.assigned_to_email),
            text(&contact.sendblue_number),
            contact.created_at.map(|time| time.to_rfc3339()).unwrap_or_default(),
            contact.custom_variables.as_ref().map(serde_json::to_string).transpose()?.unwrap_or_default(),
            text(&contact.contact_id),
        ])?;
    }
    Ok(rows.into_inner()?)
}

fn json_lines(page: &[Contact]) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    for contact in page {
        serde_json::to_writer(&mut lines, contact)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// A bar on a terminal, else a line every other second.
enum Progress {
    Bar(ProgressBar),
    Lines { total: u64, begun: Instant, shown: std::cell::Cell<Duration> },
}

impl Progress {
    fn new(total: u64) -> Self {
        if !io::stderr().is_terminal() {
            return Self::Lines { total, begun: Instant::now(), shown: Default::default() };
        }
        let bar = ProgressBar::new(total);
        let style = ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len}, {per_sec}, {eta} left");
        Self::Bar(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    fn show(&self, contacts: u64) {
        match self {
            Self::Bar(bar) => bar.set_position(contacts),
            Self::Lines { total, begun, shown } => {
                if begun.elapsed() - shown.get() >= Duration::from_secs(2) {
                    shown.set(begun.elapsed());
                    eprintln!("{contacts} of {total} contacts");
                }
            }
        }
    }

    fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.abandon();
        }
    }
}

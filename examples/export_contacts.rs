//! Exports all contacts of an account as CSV or as JSON lines.
//!
//! ```sh
//! # the contacts of a sandbox, to standard output
//! cargo run --features csv --example export_contacts
//! # the contacts of the account, as CSV or as JSON lines
//! cargo run --features csv,rustls --example export_contacts -- --output contacts.csv --live
//! cargo run --features csv,rustls --example export_contacts -- --output contacts.jsonl --live
//! ```
//!
//! With `--live`, the credentials come from the environment. At most two pages of contacts are in memory.
//!
//! The file `contacts.csv.cursor` records the progress of `contacts.csv`. After Ctrl-C, an error or a crash, the same
//! command resumes the export. No contact is missing or duplicated. At the end, the program compares the number of
//! contacts with `contacts.count`.
//!
//! The exit code is 0 if the file is complete, and 1 after an error or if a value could not be read. It is 2 after
//! Ctrl-C or a wrong command line. On Unix, only the owner can read the files, because they contain personal data.

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
use sendblue_contacts::{ClientBuilder, Contact, Contacts, SlidingWindow, sandbox::Sandbox, stream::Cursor};
use serde::{Deserialize, Serialize};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const USAGE: &str = "\
Usage: export_contacts [--output FILE] [--format csv|jsonl] [--live]

  --output FILE    write to FILE, and resume an interrupted export (default: standard output)
  --format FORMAT  csv or jsonl (default: jsonl if FILE ends in .jsonl or .ndjson, else csv)
  --live           export the account of the credentials in the environment (default: a sandbox)";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse(env::args().skip(1)) {
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
                eprintln!("caused by: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.live {
        // The rate limit avoids 429 responses.
        let client = ClientBuilder::from_env()?.rate_limit(SlidingWindow::reported()).build()?;
        return export(&client.contacts(), arguments).await;
    }
    // Synthetic contacts are the same in every run, so that the example can resume.
    let sandbox = Sandbox::builder().synthetic_contacts(2_500).start()?;
    export(&sandbox.client()?.contacts(), arguments).await
}

async fn export(contacts: &Contacts, arguments: &Arguments) -> Result<ExitCode> {
    let mut output = Output::open(arguments)?;
    let result = write_all(contacts, &mut output, arguments).await;
    if result.is_err() && output.files.is_some() {
        eprintln!("{} contacts are written; run the same command to resume", output.state.contacts);
    }
    result
}

async fn write_all(contacts: &Contacts, output: &mut Output, arguments: &Arguments) -> Result<ExitCode> {
    let mut pages = contacts.list().pages().check_count(true);
    if let Some(cursor) = output.state.cursor.take() {
        eprintln!("resuming after {} contacts", output.state.contacts);
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
                eprintln!("stopped after {} contacts; {}", output.state.contacts, arguments.how_to_resume());
                return Ok(ExitCode::from(2));
            }
        };
        match page {
            Some(Ok(page)) => {
                output.write(&page, pages.cursor())?;
                progress.show(output.state.contacts);
            }
            Some(Err(error)) => return Err(error.into()),
            None => break,
        }
    }
    output.finish()?;
    progress.finish();
    let State { contacts, unreadable, .. } = output.state;
    eprintln!("{contacts} contacts; {unreadable} have values that could not be read");
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
    fn parse(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut output, mut format, mut live) = (None::<PathBuf>, None, false);
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--output" => output = Some(value()?.into()),
                "--format" => {
                    format = Some(match value()?.as_str() {
                        "csv" => Format::Csv,
                        "jsonl" => Format::JsonLines,
                        other => return Err(format!("--format: {other} is not a format; use csv or jsonl")),
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

    fn how_to_resume(&self) -> &'static str {
        match self.output {
            Some(_) => "run the same command to resume",
            None => "only an export with --output FILE can resume",
        }
    }
}

/// The progress of a file. The program writes it to the cursor file after each page.
#[derive(Serialize, Deserialize)]
struct State {
    format: Format,
    live: bool,
    /// The length of the file. Any further bytes come from an interrupted write, and are removed.
    bytes: u64,
    contacts: u64,
    unreadable: u64,
    cursor: Option<Cursor>,
}

impl State {
    fn new(arguments: &Arguments) -> Self {
        let Arguments { format, live, .. } = *arguments;
        Self { format, live, bytes: 0, contacts: 0, unreadable: 0, cursor: None }
    }
}

struct Output {
    /// The file, and the path of the cursor file.
    files: Option<(File, PathBuf)>,
    state: State,
}

impl Output {
    fn open(arguments: &Arguments) -> Result<Self> {
        let new = State::new(arguments);
        let Some(path) = &arguments.output else {
            return Ok(Self { files: None, state: new });
        };
        let mut cursor_path = path.clone().into_os_string();
        cursor_path.push(".cursor");
        let cursor_path = PathBuf::from(cursor_path);
        let state: Option<State> = match fs::read(&cursor_path) {
            Ok(saved) => {
                Some(serde_json::from_slice(&saved).map_err(|error| format!("{}: {error}", cursor_path.display()))?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{}: {error}", cursor_path.display()).into()),
        };
        let restart = || format!("remove it and {} to restart the export", cursor_path.display());
        let mut file = private().create_new(state.is_none()).open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                format!("{} already exists; remove it, or use another file", path.display())
            }
            io::ErrorKind::NotFound if state.is_some() => {
                format!("{} is missing; {}", path.display(), restart())
            }
            _ => format!("{}: {error}", path.display()),
        })?;
        if let Some(state) = &state {
            if (state.format, state.live) != (new.format, new.live) {
                return Err(format!(
                    "{} was started with other options; use the same options, or {}",
                    path.display(),
                    restart()
                )
                .into());
            }
            if file.metadata()?.len() < state.bytes {
                return Err(format!("{} is shorter than before; {}", path.display(), restart()).into());
            }
        }
        let state = state.unwrap_or(new);
        file.set_len(state.bytes)?;
        file.seek(SeekFrom::End(0))?;
        let output = Self { files: Some((file, cursor_path)), state };
        output.save()?;
        Ok(output)
    }

    /// Writes a page, then the cursor file.
    fn write(&mut self, page: &[Contact], cursor: Cursor) -> Result<()> {
        let rows = match self.state.format {
            Format::Csv => csv_rows(page, self.state.bytes == 0)?,
            Format::JsonLines => json_lines(page)?,
        };
        match &mut self.files {
            Some((file, _)) => file.write_all(&rows).and_then(|()| file.sync_data())?,
            None => io::stdout().lock().write_all(&rows)?,
        }
        self.state.bytes += rows.len() as u64;
        self.state.contacts += page.len() as u64;
        for contact in page.iter().filter(|contact| !contact.unreadable_fields().is_empty()) {
            let id = contact.contact_id.as_deref().unwrap_or("a contact without id");
            eprintln!("could not read {} of {id}", contact.unreadable_fields().join(", "));
            self.state.unreadable += 1;
        }
        self.state.cursor = Some(cursor);
        self.save()
    }

    fn save(&self) -> Result<()> {
        match &self.files {
            Some((_, cursor_path)) => Ok(replace(cursor_path, &serde_json::to_vec(&self.state)?)?),
            None => Ok(()),
        }
    }

    fn finish(&self) -> Result<()> {
        match &self.files {
            Some((_, cursor_path)) => Ok(fs::remove_file(cursor_path)?),
            None => Ok(()),
        }
    }
}

/// Returns options for a file that, on Unix, only its owner can read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true);
    options
}

/// Replaces a file atomically.
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
            if contact.unreadable_fields().contains(&"opt_out") { "unknown".into() } else { flag(contact.opt_out) },
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

/// A progress bar on a terminal, or a line every two seconds.
enum Progress {
    Bar(ProgressBar),
    Lines { total: u64, started: Instant, shown: std::cell::Cell<Duration> },
}

impl Progress {
    fn new(total: u64) -> Self {
        if !io::stderr().is_terminal() {
            return Self::Lines { total, started: Instant::now(), shown: Default::default() };
        }
        let bar = ProgressBar::new(total);
        let style = ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len}, {per_sec}, {eta} left");
        Self::Bar(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    fn show(&self, contacts: u64) {
        match self {
            Self::Bar(bar) => bar.set_position(contacts),
            Self::Lines { total, started, shown } => {
                if started.elapsed() - shown.get() >= Duration::from_secs(2) {
                    shown.set(started.elapsed());
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

//! The rows that need attention.

use std::{
    error::Error,
    fs::{File, OpenOptions},
    path::Path,
};

use csv::{Writer, WriterBuilder};
use sendblue_contacts::jobs::{ChunkReport, Import, ImportClass};

use crate::table::{Row, Table};

/// The maximum number of rows that are printed.
const SHOWN: usize = 50;

#[derive(Default)]
pub struct Attention {
    /// The line and the problem of each printed row.
    shown: Vec<(u64, String)>,
    /// The number of rows that are not printed.
    more: u64,
    /// The number of rows that were not sent, because the job stopped.
    unsent: u64,
    rejects: Option<Writer<File>>,
}

impl Attention {
    /// Writes invalid and rejected rows to a file. A resumed job reports the rows of earlier runs again.
    pub fn write_to(&mut self, path: &Path, table: &Table) -> Result<(), Box<dyn Error>> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        // The file contains personal data, so only its owner can read it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut rejects = WriterBuilder::new().flexible(true).from_writer(options.open(path)?);
        rejects.write_byte_record(table.header())?;
        rejects.flush()?;
        self.rejects = Some(rejects);
        Ok(())
    }

    /// Adds the rows of a report that need attention. Reads these rows from the file again.
    pub fn add_report(&mut self, table: &Table, report: &ChunkReport<Import>) -> Result<(), Box<dyn Error>> {
        let Some(first) = report.items.iter().find(|item| needs_attention(&item.class)) else { return Ok(()) };
        // A resumed chunk has reports only for some of its rows.
        let mut rows = (first.index..).zip(table.rows_from(first.index)?);
        for item in report.items.iter().filter(|item| item.index >= first.index) {
            let Some((_, row)) = rows.find(|(index, _)| *index == item.index) else { break };
            let row = row?;
            let problem = match &item.class {
                ImportClass::Created | ImportClass::Existing | ImportClass::Duplicate { .. } => continue,
                ImportClass::Rejected(reason) if reason.is_stop() => {
                    self.unsent += 1;
                    continue;
                }
                ImportClass::Rejected(reason) => match reason.message() {
                    Some(message) => format!("{}; message of the service: {message:?}", item.class),
                    None => item.class.to_string(),
                },
                ImportClass::Invalid(error) => match table.contact(&row) {
                    Err(problem) => format!("invalid: {problem}"),
                    Ok(_) => format!("invalid: {error}"),
                },
                ImportClass::Unknown(_) => item.class.to_string(),
            };
            // A contact with an unknown outcome may exist, so its row must not be imported again.
            if let (Some(rejects), false) = (&mut self.rejects, matches!(item.class, ImportClass::Unknown(_))) {
                rejects.write_byte_record(&row.record)?;
            }
            self.add(table, &row, || Ok(problem))?;
        }
        if let Some(rejects) = &mut self.rejects {
            rejects.flush()?;
        }
        Ok(())
    }

    /// Adds a row. Calls `problem` only if the row is printed.
    pub fn add(
        &mut self,
        table: &Table,
        row: &Row,
        problem: impl FnOnce() -> csv::Result<String>,
    ) -> Result<(), Box<dyn Error>> {
        if self.shown.len() < SHOWN {
            self.shown.push((table.line(row)?, problem()?));
        } else {
            self.more += 1;
        }
        Ok(())
    }

    /// Prints the rows, sorted by line.
    pub fn print(mut self) {
        self.shown.sort_unstable();
        for (line, problem) in self.shown {
            println!("line {line}: {problem}");
        }
        if self.more > 0 {
            println!("and {} more", self.more);
        }
        if self.unsent > 0 {
            println!("{} of the rejected rows were not sent; the next run sends them", self.unsent);
        }
    }
}

fn needs_attention(class: &ImportClass) -> bool {
    matches!(class, ImportClass::Rejected(_) | ImportClass::Invalid(_) | ImportClass::Unknown(_))
}

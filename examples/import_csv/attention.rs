//! The rows that somebody has to look at.

use std::{
    error::Error,
    fs::{File, OpenOptions},
    path::Path,
};

use csv::{Writer, WriterBuilder};
use sendblue_contacts::contacts::{ChunkReport, Import, Imported};

use crate::table::{Row, Table};

/// How many of them are shown.
const SHOWN: usize = 50;

#[derive(Default)]
pub struct Attention {
    /// Line and text of those that are shown.
    shown: Vec<(u64, String)>,
    /// How many more there are.
    more: u64,
    /// How many were not sent, because the job had to stop.
    unsent: u64,
    rejects: Option<Writer<File>>,
}

impl Attention {
    /// Besides, writes the rows that have to be mended to that file, behind what it has.
    pub fn write_to(&mut self, path: &Path, table: &Table) -> Result<(), Box<dyn Error>> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        // It has people's data.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let is_new = file.metadata()?.len() == 0;
        let mut rejects = WriterBuilder::new().flexible(true).from_writer(file);
        if is_new {
            rejects.write_byte_record(table.header())?;
            rejects.flush()?;
        }
        self.rejects = Some(rejects);
        Ok(())
    }

    /// Reads those rows again that a report has something to say of.
    pub fn take(&mut self, table: &Table, report: &ChunkReport<Import>) -> Result<(), Box<dyn Error>> {
        let Some(first) = report.items.iter().position(|item| needs_attention(&item.class)) else { return Ok(()) };
        let items = &report.items[first..];
        for (item, row) in items.iter().zip(table.rows_from(items[0].index)?) {
            let row = row?;
            let problem = match &item.class {
                Imported::Created | Imported::Existing | Imported::Duplicate { .. } => continue,
                Imported::Rejected(reason) if reason.is_stop() => {
                    self.unsent += 1;
                    continue;
                }
                Imported::Rejected(reason) => match reason.message() {
                    Some(message) => format!("{}; the service says {message:?}", item.class),
                    None => item.class.to_string(),
                },
                Imported::Invalid(error) => match table.contact(&row) {
                    Err(problem) => format!("invalid: {problem}"),
                    Ok(_) => format!("invalid: {error}"),
                },
                Imported::Unknown(_) => item.class.to_string(),
            };
            // A contact that may have been created is to be looked up, not to be sent once more.
            if let (Some(rejects), false) = (&mut self.rejects, matches!(item.class, Imported::Unknown(_))) {
                rejects.write_byte_record(&row.record)?;
            }
            self.tell(table, &row, || Ok(problem))?;
        }
        if let Some(rejects) = &mut self.rejects {
            rejects.flush()?;
        }
        Ok(())
    }

    pub fn tell(
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

    /// All that there is to tell, in the order of the lines.
    pub fn print(mut self) {
        self.shown.sort_unstable();
        for (line, problem) in self.shown {
            println!("line {line}: {problem}");
        }
        if self.more > 0 {
            println!("and {} more", self.more);
        }
        if self.unsent > 0 {
            println!("{} of the rejected were not sent at all; the next run sends them", self.unsent);
        }
    }
}

fn needs_attention(class: &Imported) -> bool {
    matches!(class, Imported::Rejected(_) | Imported::Invalid(_) | Imported::Unknown(_))
}

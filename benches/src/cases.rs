//! The cases with which each contender is measured.

use std::{fmt, str::FromStr, time::Duration};

use crate::{
    Result,
    contenders::{Consumer, Contender},
    dataset::{Row, number, rows},
};

/// A kind of call, or of work on a whole account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// Retrieves one contact.
    Retrieve,
    /// Retrieves a contact that does not exist, and recognizes the 404.
    NotFound,
    /// Creates one contact.
    Create,
    /// Lists one page with this limit.
    List(u32),
    /// Creates this many contacts with one request. The response lists no contacts, so that the request dominates.
    BulkCreate(usize),
    /// Streams every contact of the account. The consumer pauses after each 1000 contacts.
    Walk { prefetch: bool, pause: Duration },
    /// Creates this many contacts in chunks.
    Import(usize),
}

/// A case with its input.
pub struct Workload {
    case: Case,
    /// The number of contacts on the server.
    contacts: usize,
    rows: Vec<Row>,
    unknown_number: String,
}

impl Workload {
    /// Prepares a case for a server with this many contacts.
    pub fn new(case: Case, contacts: usize) -> Self {
        let rows = match case {
            Case::Create => rows(0..1).collect(),
            Case::BulkCreate(count) => rows(contacts..contacts + count).collect(),
            _ => Vec::new(),
        };
        Self { case, contacts, rows, unknown_number: number(contacts) }
    }

    /// Runs the case once.
    ///
    /// # Errors
    ///
    /// Returns an error if a call fails or returns an unexpected number of contacts.
    pub async fn run<C: Contender>(&self, contender: &C) -> Result<()> {
        let (received, expected) = match self.case {
            Case::Retrieve => (contender.retrieve("+14150000000").await?, 1),
            Case::NotFound => (contender.not_found(&self.unknown_number).await?, 0),
            Case::Create => (contender.create(self.rows.first().ok_or("no row")?).await?, 1),
            Case::List(limit) => (contender.list(limit).await?, self.contacts.min(limit as usize)),
            Case::BulkCreate(_) => (contender.create_all(&self.rows).await?, 0),
            Case::Walk { prefetch, pause } => (contender.walk(Consumer { pause }, prefetch).await?, self.contacts),
            Case::Import(count) => (contender.import(rows(0..count)).await?, count),
        };
        if received == expected {
            Ok(())
        } else {
            Err(format!("{}: {}: received {received} of {expected} contacts", C::NAME, self.case).into())
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retrieve => f.write_str("retrieve"),
            Self::NotFound => f.write_str("not-found"),
            Self::Create => f.write_str("create"),
            Self::List(limit) => write!(f, "list-{limit}"),
            Self::BulkCreate(count) => write!(f, "bulk-create-{count}"),
            Self::Walk { prefetch: false, .. } => f.write_str("walk"),
            Self::Walk { prefetch: true, .. } => f.write_str("walk-prefetch"),
            Self::Import(count) => write!(f, "import-{count}"),
        }
    }
}

/// Parses the cases of the comparison with other clients.
impl FromStr for Case {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "retrieve" => Ok(Self::Retrieve),
            "not-found" => Ok(Self::NotFound),
            "create" => Ok(Self::Create),
            _ => {
                let limit = name.strip_prefix("list-").and_then(|limit| limit.parse().ok());
                limit.map(Self::List).ok_or_else(|| format!("unknown case `{name}`"))
            }
        }
    }
}

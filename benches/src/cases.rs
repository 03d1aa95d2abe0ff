//! What is measured of each contender.

use std::{fmt, str::FromStr, time::Duration};

use crate::{
    Result,
    contenders::{Consumer, Contender},
    dataset::{Row, number, rows},
};

/// A piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Retrieve,
    /// A contact that is not there.
    Missing,
    Create,
    /// A page of so many.
    List(u32),
    /// So many in one request, answered with none: what is measured is the request.
    BulkCreate(usize),
    /// The whole account. The consumer pauses for so long after each 1000 contacts.
    Walk {
        prefetch: bool,
        pause: Duration,
    },
    /// So many, a chunk at a time.
    Import(usize),
}

/// A piece of work with all that it needs.
pub struct Work {
    case: Case,
    /// How many contacts the server has.
    contacts: usize,
    rows: Vec<Row>,
    missing: String,
}

impl Work {
    /// For a server that has so many contacts.
    pub fn new(case: Case, contacts: usize) -> Self {
        let rows = match case {
            Case::Create => rows(0..1).collect(),
            Case::BulkCreate(count) => rows(contacts..contacts + count).collect(),
            _ => Vec::new(),
        };
        Self { case, contacts, rows, missing: number(contacts) }
    }

    /// Does it once.
    pub async fn run<C: Contender>(&self, contender: &C) -> Result<()> {
        let (done, expected) = match self.case {
            Case::Retrieve => (contender.retrieve("+14150000000").await?, 1),
            Case::Missing => (contender.missing(&self.missing).await?, 0),
            Case::Create => (contender.create(self.rows.first().ok_or("no row")?).await?, 1),
            Case::List(limit) => (contender.list(limit).await?, self.contacts.min(limit as usize)),
            Case::BulkCreate(_) => (contender.create_all(&self.rows).await?, 0),
            Case::Walk { prefetch, pause } => (contender.walk(Consumer { pause }, prefetch).await?, self.contacts),
            Case::Import(count) => (contender.import(rows(0..count)).await?, count),
        };
        if done == expected { Ok(()) } else { Err(format!("{}: {}: {done} of {expected}", C::NAME, self.case).into()) }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retrieve => f.write_str("retrieve"),
            Self::Missing => f.write_str("missing"),
            Self::Create => f.write_str("create"),
            Self::List(limit) => write!(f, "list-{limit}"),
            Self::BulkCreate(count) => write!(f, "bulk-create-{count}"),
            Self::Walk { prefetch: false, .. } => f.write_str("walk"),
            Self::Walk { prefetch: true, .. } => f.write_str("walk-ahead"),
            Self::Import(count) => write!(f, "import-{count}"),
        }
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let count = name.rsplit('-').next().and_then(|count| count.parse().ok()).unwrap_or(0);
        let walk = |prefetch| Self::Walk { prefetch, pause: Duration::ZERO };
        let limit = u32::try_from(count).unwrap_or_default();
        [
            Self::Retrieve,
            Self::Missing,
            Self::Create,
            Self::List(limit),
            Self::BulkCreate(count),
            walk(false),
            walk(true),
            Self::Import(count),
        ]
        .into_iter()
        .find(|case| case.to_string() == name)
        .ok_or_else(|| format!("there is no case `{name}`"))
    }
}

//! A CSV file as a table of contacts. Holds one row in memory at a time, and finds a row by its index.

use std::{
    fmt,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    str,
};

use csv::{ByteRecord, Position, Reader, ReaderBuilder};
use sendblue_contacts::{NewContact, ParsePhoneNumberError, PhoneNumber};

/// The maximum length of a row, in bytes. After an unclosed quote, the rest of the file is one row.
pub const MAX_ROW: usize = 1024 * 1024;
/// The number of rows between two recorded positions.
const STEP: u64 = 100;

pub struct Table {
    path: PathBuf,
    header: ByteRecord,
    columns: Vec<Column>,
    /// The index of the column with the phone number.
    phone: usize,
    /// The number of rows.
    len: u64,
    /// The position of every [`STEP`]th row.
    positions: Vec<Position>,
}

#[derive(PartialEq)]
enum Column {
    Phone,
    FirstName,
    LastName,
    CompanyName,
    Tags,
    /// A custom variable, by its label.
    Variable(String),
}

pub struct Row {
    position: Position,
    pub record: ByteRecord,
}

/// The reason why a row is invalid.
#[derive(Debug, PartialEq)]
pub enum Problem {
    Fields { row: usize, header: usize },
    NotUtf8,
    Phone(ParsePhoneNumberError),
}

impl Table {
    /// Reads the whole file, so that the import of an unreadable file does not start.
    pub fn open(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let mut rows = Rows::open(path)?;
        let header = rows.reader.byte_headers()?.clone();
        let columns = columns(&header)?;
        let phone = columns.iter().position(|column| *column == Column::Phone);
        let phone = phone.ok_or("no column is named Phone; rename the column with the phone numbers")?;
        let (mut len, mut positions) = (0, Vec::new());
        while let Some(row) = rows.next().transpose()? {
            if len % STEP == 0 {
                positions.push(row.position);
            }
            len += 1;
        }
        Ok(Self { path: path.into(), header, columns, phone, len, positions })
    }

    pub fn header(&self) -> &ByteRecord {
        &self.header
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns the rows from `index`.
    pub fn rows_from(&self, index: u64) -> csv::Result<Rows> {
        let mut rows = Rows::open(&self.path)?;
        if let Some(position) = usize::try_from(index / STEP).ok().and_then(|step| self.positions.get(step)) {
            rows.reader.seek(position.clone())?;
            for _ in 0..index % STEP {
                rows.next().transpose()?;
            }
        }
        Ok(rows)
    }

    /// Returns the line at which a row starts.
    pub fn line(&self, row: &Row) -> io::Result<u64> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(row.position.byte()))?;
        let mut line = row.position.line();
        // The position is the end of the previous row, which may be inside a `\r\n` or ahead of empty lines.
        for byte in BufReader::new(file).bytes() {
            match byte? {
                b'\n' => line += 1,
                b'\r' => {}
                _ => break,
            }
        }
        Ok(line)
    }

    /// Returns the line at which the row with this index starts.
    pub fn line_of(&self, index: u64) -> csv::Result<u64> {
        let row = self.rows_from(index)?.next().transpose()?;
        Ok(self.line(&row.ok_or_else(|| io::Error::other("the file changed during the import"))?)?)
    }

    pub fn contact(&self, row: &Row) -> Result<(PhoneNumber, NewContact), Problem> {
        if row.record.len() != self.columns.len() {
            return Err(Problem::Fields { row: row.record.len(), header: self.columns.len() });
        }
        let fields: Result<Vec<_>, _> = row.record.iter().map(str::from_utf8).collect();
        let fields = fields.map_err(|_| Problem::NotUtf8)?;
        let phone = PhoneNumber::parse_lenient(fields[self.phone]).map_err(Problem::Phone)?;
        let mut contact = NewContact::new(&phone).map_err(Problem::Phone)?;
        let mut variables = Vec::new();
        for (column, field) in self.columns.iter().zip(fields) {
            let field = field.trim();
            // An empty field means unknown, so it must not overwrite a value.
            if field.is_empty() {
                continue;
            }
            contact = match column {
                Column::Phone => contact,
                Column::FirstName => contact.first_name(field),
                Column::LastName => contact.last_name(field),
                Column::CompanyName => contact.company_name(field),
                Column::Tags => contact.tags(field.split(';').map(str::trim).filter(|tag| !tag.is_empty())),
                Column::Variable(label) => {
                    variables.push((label, field));
                    contact
                }
            };
        }
        Ok((phone, if variables.is_empty() { contact } else { contact.custom_variables(variables) }))
    }
}

fn columns(header: &ByteRecord) -> Result<Vec<Column>, String> {
    let mut columns = Vec::new();
    for (place, name) in (1..).zip(header) {
        let name = str::from_utf8(name).map_err(|_| "the header is not UTF-8; save the file as UTF-8")?.trim();
        let column = match name.to_lowercase().replace([' ', '_'], "").as_str() {
            "" => return Err(format!("column {place} has no name; add a name, or remove the column")),
            "phone" | "phonenumber" => Column::Phone,
            "firstname" => Column::FirstName,
            "lastname" => Column::LastName,
            "company" | "companyname" => Column::CompanyName,
            "tags" => Column::Tags,
            _ => Column::Variable(name.to_owned()),
        };
        if columns.contains(&column) {
            return Err(format!("column {place}, {name:?}, is a duplicate; rename or remove it"));
        }
        columns.push(column);
    }
    Ok(columns)
}

pub struct Rows {
    reader: Reader<Bounded>,
}

impl Rows {
    fn open(path: &Path) -> csv::Result<Self> {
        // `flexible` accepts a row with missing fields. The row is then invalid, but the import continues.
        let reader =
            ReaderBuilder::new().flexible(true).from_reader(Bounded { file: File::open(path)?, left: MAX_ROW });
        Ok(Self { reader })
    }
}

impl Iterator for Rows {
    type Item = csv::Result<Row>;

    fn next(&mut self) -> Option<csv::Result<Row>> {
        self.reader.get_mut().left = MAX_ROW;
        let position = self.reader.position().clone();
        let mut record = ByteRecord::new();
        match self.reader.read_byte_record(&mut record) {
            Ok(true) => Some(Ok(Row { position, record })),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// A file that returns an error after [`MAX_ROW`] bytes of one row.
struct Bounded {
    file: File,
    left: usize,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.left);
        if len == 0 {
            let problem = format!("a row has more than {MAX_ROW} bytes; check for an unclosed quote");
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        let read = self.file.read(&mut buffer[..len])?;
        self.left -= read;
        Ok(read)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields { row, header } => write!(f, "has {row} fields, but the header has {header}"),
            Self::NotUtf8 => f.write_str("is not UTF-8; save the file as UTF-8"),
            Self::Phone(error) => write!(f, "the number {error}"),
        }
    }
}

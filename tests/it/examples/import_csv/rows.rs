//! The rows of a table: their lines, their indices and their problems.

use std::fs;

use sendblue_contacts::ParsePhoneNumberError;

use super::{
    folder,
    table::{Problem, Table},
};

fn table(name: &str, bytes: impl AsRef<[u8]>) -> Table {
    let file = folder(name).join("contacts.csv");
    fs::write(&file, bytes).expect("written");
    Table::open(&file).expect("a table")
}

#[test]
fn a_row_has_the_line_at_which_it_starts() {
    let text = "\u{feff}Phone,Notes\n1,one\n\n\n2,\"two\nand\n\nmore\"\n3,three\n\n4,\n5,\"\"";
    let expected = [2, 5, 9, 11, 12];
    for (name, text) in [("lf", text.to_owned()), ("crlf", text.replace('\n', "\r\n"))] {
        let table = table(name, text);
        let lines = table.rows_from(0).expect("rows").map(|row| table.line(&row.expect("a row")).expect("a line"));
        assert_eq!(lines.collect::<Vec<_>>(), expected, "{name}");
        assert_eq!(table.len(), 5);
    }
}

#[test]
fn rows_from_starts_at_the_index() {
    let rows: String = (0..250).map(|n| format!("+1415555{n:04},\"{}\"\r\n", "line\r\n".repeat(n % 3))).collect();
    let table = table("found", format!("Phone,Notes\r\n{rows}"));
    let all: Vec<_> = table.rows_from(0).expect("rows").map(|row| row.expect("a row")).collect();
    let lines: Vec<_> = all.iter().map(|row| table.line(row).expect("a line")).collect();
    for index in [0, 1, 99, 100, 101, 199, 200, 249] {
        let mut rows = table.rows_from(index).expect("rows");
        let row = rows.next().expect("a row").expect("a row");
        let n = usize::try_from(index).expect("small");
        assert_eq!(table.contact(&row).expect("a contact").0.as_str(), format!("+1415555{index:04}"));
        assert_eq!(table.line(&row).expect("a line"), lines[n]);
        assert_eq!(rows.count(), 249 - n, "the rows after the index");
    }
    assert_eq!(table.rows_from(250).expect("rows").count(), 0);
}

#[test]
fn each_row_has_its_own_problem() {
    let table = table("problems", b"Phone,City\n+1 415 555 0101,K\xf6ln\n415,\n+14155550101\n,\n+14155550101,Bonn\n");
    let problems = table.rows_from(0).expect("rows").map(|row| table.contact(&row.expect("a row")).err());
    assert_eq!(
        problems.collect::<Vec<_>>(),
        [
            Some(Problem::NotUtf8),
            Some(Problem::Phone(ParsePhoneNumberError::NoPlus)),
            Some(Problem::Fields { row: 1, header: 2 }),
            Some(Problem::Phone(ParsePhoneNumberError::Empty)),
            None,
        ]
    );
}

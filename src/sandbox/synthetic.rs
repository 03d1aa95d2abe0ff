//! Generated contacts, without randomness.

use std::sync::Arc;

use super::{
    contact::{Contact, Details},
    store::Store,
};

const FIRST_NAMES: [&str; 16] = [
    "Ada",
    "Alan",
    "Barbara",
    "Clara",
    "Dennis",
    "Donald",
    "Edsger",
    "Frances",
    "Grace",
    "Hedy",
    "John",
    "Katherine",
    "Ken",
    "Leslie",
    "Margaret",
    "Radia",
];
const LAST_NAMES: [&str; 17] = [
    "Allen", "Dijkstra", "Goldberg", "Hamilton", "Hopper", "Johnson", "Knuth", "Lamarr", "Lamport", "Liskov",
    "Lovelace", "McCarthy", "Perlman", "Ritchie", "Shannon", "Thompson", "Turing",
];
/// The `created_at` of the first contact in Unix milliseconds: 2025-01-01. Each following contact is 1 ms later.
const FIRST_CREATED_AT: i64 = 1_735_689_600_000;

/// Adds `count` contacts with numbers that have no contact yet.
pub(super) fn fill(store: &mut Store, count: usize) {
    let [first_names, last_names] = [&FIRST_NAMES[..], &LAST_NAMES]
        .map(|names| names.iter().map(|&name| Arc::from(name)).collect::<Vec<Arc<str>>>());
    // The lengths are coprime, so every pair of names occurs.
    let mut names = first_names.iter().cycle().zip(last_names.iter().cycle());
    let mut numbers = (0..).map(number);
    let mut created_at = FIRST_CREATED_AT..;
    let target = store.len().saturating_add(count);
    while store.len() < target {
        let (Some(phone), Some((first_name, last_name)), Some(created_at)) =
            (numbers.find(|phone| !store.contains(phone)), names.next(), created_at.next())
        else {
            return;
        };
        store.insert(Contact {
            phone: phone.into(),
            created_at: Some(created_at),
            verified: Some(false),
            details: Details {
                first_name: Some(first_name.clone()),
                last_name: Some(last_name.clone()),
                ..Details::default()
            },
        });
    }
}

/// Returns the `n`-th fictional number.
///
/// The first numbers are +1 NXX 555 01XX, for each area code. Further numbers use +999, an unassigned country code.
fn number(n: u64) -> String {
    const AREAS: u64 = 8 * 99;
    let (block, line) = (n / 100, n % 100);
    if block < AREAS {
        // The area codes are 200 to 999, without the service codes 211, 311, …, 911.
        let (hundreds, rest) = (2 + block / 99, block % 99);
        let rest = if rest < 11 { rest } else { rest + 1 };
        format!("+1{hundreds}{rest:02}55501{line:02}")
    } else {
        format!("+999{n:09}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::sandbox::phone::is_e164;

    #[test]
    fn numbers_are_unique_and_in_e164_format() {
        let numbers: Vec<String> = (0..100_000).map(number).collect();
        assert!(numbers.iter().all(|number| is_e164(number)));
        assert!(numbers.iter().all(|number| !number.starts_with("+1411")));
        assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), numbers.len());
        assert_eq!(numbers[79_199], "+19995550199");
    }

    #[test]
    fn fill_skips_numbers_that_have_a_contact() {
        let mut store = Store::default();
        store.insert(Contact { phone: "+12005550101".into(), ..Contact::default() });
        fill(&mut store, 5);
        assert_eq!(store.len(), 6);
        assert!(store.contains("+12005550105"));
    }
}

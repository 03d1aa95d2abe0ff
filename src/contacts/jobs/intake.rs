//! From the input to chunks: which items are to be sent at all.

use std::collections::{HashMap, hash_map};

use super::{
    ItemReport, JobKind,
    chunk::{Entry, Fate},
};
use crate::PhoneNumber;

/// Numbers the items of the input, and knows which numbers came before.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// How many items have come.
    read: u64,
    /// The index of the first item with a number, by the digits of the number.
    first: HashMap<u64, u64>,
}

/// The items of a chunk: those to be sent, and those that have their class already.
pub(super) struct Sorted<K: JobKind> {
    pub(super) entries: Vec<Entry<K>>,
    pub(super) classed: Vec<ItemReport<K>>,
}

impl Intake {
    /// How many items have come.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// The next items.
    pub(super) fn take<K: JobKind>(&mut self, items: Vec<K::Item>) -> Sorted<K> {
        let mut sorted = Sorted { entries: Vec::with_capacity(items.len()), classed: Vec::new() };
        for item in items {
            let index = self.read;
            self.read += 1;
            let fate = match K::phone(&item).cloned() {
                Err(error) => Fate::Invalid(error),
                Ok(phone) => match self.first.entry(digits(&phone)) {
                    hash_map::Entry::Occupied(first) => Fate::Duplicate { of: *first.get() },
                    hash_map::Entry::Vacant(place) => {
                        place.insert(index);
                        sorted.entries.push(Entry { index, item, phone, was_absent: false });
                        continue;
                    }
                },
            };
            sorted.classed.push(ItemReport { index, item, class: K::class(fate) });
        }
        sorted
    }
}

/// The digits of a number as one number. There are at most 15, and the first is not 0, so that no two numbers have the same.
fn digits(phone: &PhoneNumber) -> u64 {
    phone.as_str().bytes().filter(u8::is_ascii_digit).fold(0, |digits, digit| digits * 10 + u64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contacts::jobs::{Import, Imported, Remove, Removed};
    use crate::{NewContact, ParsePhoneNumberError};

    #[test]
    fn the_first_of_a_number_wins_across_chunks() {
        let mut intake = Intake::default();
        let items = ["+15550001", "1", "+15550002", "+15550001"].map(NewContact::new);
        let Sorted::<Import> { entries, classed } = intake.take(items.to_vec());
        assert_eq!(entries.iter().map(|entry| entry.index).collect::<Vec<_>>(), [0, 2]);
        let [invalid, duplicate] = &classed[..] else { panic!("{classed:?}") };
        assert!(matches!(invalid.class, Imported::Invalid(ParsePhoneNumberError::NoPlus)) && invalid.index == 1);
        assert!(matches!(duplicate.class, Imported::Duplicate { of: 0 }) && duplicate.index == 3);
        // An invalid item is no duplicate of another.
        let Sorted::<Remove> { entries, classed } =
            intake.take(["1", "+15550002", "+15550003"].map(|number| number.try_into()).to_vec());
        assert_eq!(entries.iter().map(|entry| entry.index).collect::<Vec<_>>(), [6]);
        assert!(matches!(classed[1].class, Removed::Duplicate { of: 2 }), "{classed:?}");
        assert_eq!(intake.read(), 7);
    }

    #[test]
    fn the_digits_are_those_of_the_number() {
        for (number, expected) in
            [("+10", 10), ("+999999999999999", 999_999_999_999_999), ("+14155550100", 14155550100)]
        {
            assert_eq!(digits(&number.try_into().expect("valid")), expected);
        }
    }
}

//! Finds invalid items and duplicates before the job sends a chunk.

use std::collections::{HashMap, hash_map};

use super::{ItemReport, JobKind, chunk::PendingItem, class::CommonClass};
use crate::PhoneNumber;

/// The index of the first item with each phone number.
#[derive(Debug, Default)]
pub(super) struct Deduplicator {
    items_read: u64,
    /// The keys are phone numbers as integers, which need less memory than strings.
    first_index: HashMap<u64, u64>,
}

/// The items of a chunk after [`Deduplicator::dedup`].
pub(super) struct DedupedItems<J: JobKind> {
    /// The items to send.
    pub(super) pending: Vec<PendingItem<J>>,
    /// The invalid items and the duplicates.
    pub(super) classified: Vec<ItemReport<J>>,
}

impl Deduplicator {
    pub(super) fn items_read(&self) -> u64 {
        self.items_read
    }

    /// Numbers the next items of the input and classifies the invalid items and the duplicates.
    pub(super) fn dedup<J: JobKind>(&mut self, items: Vec<(J::Key, J::Item)>) -> DedupedItems<J> {
        let mut deduped = DedupedItems { pending: Vec::with_capacity(items.len()), classified: Vec::new() };
        for (key, item) in items {
            let index = self.items_read;
            self.items_read += 1;
            let class = match J::phone(&item).cloned() {
                Err(error) => CommonClass::Invalid(error),
                Ok(phone) => match self.first_index.entry(digits(&phone)) {
                    hash_map::Entry::Occupied(first) => CommonClass::Duplicate { first_index: *first.get() },
                    hash_map::Entry::Vacant(vacant) => {
                        vacant.insert(index);
                        deduped.pending.push(PendingItem { index, key, item, phone, was_absent: false });
                        continue;
                    }
                },
            };
            deduped.classified.push(ItemReport { index, key, item, class: J::class(class) });
        }
        deduped
    }
}

/// Returns the digits of a phone number as an integer.
///
/// The integer is unique: a phone number has at most 15 digits, and its first digit is not 0.
fn digits(phone: &PhoneNumber) -> u64 {
    phone.as_str().bytes().filter(u8::is_ascii_digit).fold(0, |digits, digit| digits * 10 + u64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        NewContact, ParsePhoneNumberError,
        jobs::{Import, ImportClass, ImportItem as _, Remove, RemoveClass, RemoveItem as _},
    };

    #[test]
    fn a_repeated_number_is_a_duplicate_even_in_a_later_chunk() {
        let mut deduplicator = Deduplicator::default();
        let items = ["+15550001", "1", "+15550002", "+15550001"].map(|number| NewContact::new(number).into_parts());
        let DedupedItems::<Import> { pending, classified } = deduplicator.dedup(items.to_vec());
        assert_eq!(pending.iter().map(|item| item.index).collect::<Vec<_>>(), [0, 2]);
        let [invalid, duplicate] = &classified[..] else { panic!("{classified:?}") };
        assert!(matches!(invalid.class, ImportClass::Invalid(ParsePhoneNumberError::NoPlus)) && invalid.index == 1);
        assert!(matches!(duplicate.class, ImportClass::Duplicate { first_index: 0 }) && duplicate.index == 3);
        // An invalid item is not a duplicate of another invalid item.
        let items = ["1", "+15550002", "+15550003"].map(|number| number.into_parts());
        let DedupedItems::<Remove> { pending, classified } = deduplicator.dedup(items.to_vec());
        assert_eq!(pending.iter().map(|item| item.index).collect::<Vec<_>>(), [6]);
        assert!(matches!(classified[1].class, RemoveClass::Duplicate { first_index: 2 }), "{classified:?}");
        assert_eq!(deduplicator.items_read(), 7);
    }

    #[test]
    fn digits_keep_all_digits_of_a_number() {
        for (number, expected) in
            [("+10", 10), ("+999999999999999", 999_999_999_999_999), ("+14155550100", 14155550100)]
        {
            assert_eq!(digits(&number.try_into().expect("valid")), expected);
        }
    }
}

//! The items that a job accepts: with a key, and without a valid phone number.

use sendblue_contacts::{
    ParsePhoneNumberError, PhoneNumber,
    jobs::{ImportClass, ImportItem, RemoveClass},
};

use super::*;

/// Runs a job; returns the key and the label of each item, in the order of the input.
async fn keys_and_labels<J: JobKind>(job: Job<J>, label: impl Fn(&J::Class) -> &'static str) -> Vec<(J::Key, String)> {
    let mut running = with_short_delay(job).concurrency(1).start();
    let mut labels = Vec::new();
    while let Some(report) = running.next().await {
        let items = report.expect("no error").items;
        labels.extend(items.into_iter().map(|item| (item.key, label(&item.class).to_owned())));
    }
    labels
}

fn expected<K>(pairs: impl IntoIterator<Item = (K, &'static str)>) -> Vec<(K, String)> {
    pairs.into_iter().map(|(key, label)| (key, label.to_owned())).collect()
}

#[tokio::test]
async fn reports_return_the_key_of_every_class() {
    let sandbox = Sandbox::builder().contacts(seeds([1])).reject_numbers([number(2)], 422).start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let rows = [(7, number(0)), (5, number(1)), (9, number(2)), (2, "n/a".into()), (1, number(0))];
    let import = contacts.import(rows.clone().map(|(row, phone)| (row, NewContact::new(phone)))).chunk_size(4);
    let labels = keys_and_labels(import, ImportClass::label).await;
    let classes = [(7, "created"), (5, "existing"), (9, "rejected"), (2, "invalid"), (1, "duplicate")];
    assert_eq!(labels, expected(classes));

    let keyed = rows.map(|(row, phone)| (format!("row {row}"), phone));
    let labels = keys_and_labels(contacts.remove(keyed).chunk_size(2), RemoveClass::label).await;
    let classes = [("7", "gone"), ("5", "gone"), ("9", "gone"), ("2", "invalid"), ("1", "duplicate")];
    assert_eq!(labels, expected(classes.map(|(row, label)| (format!("row {row}"), label))));
}

#[tokio::test]
async fn an_item_without_a_valid_number_may_be_an_error() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let numbers = [number(0), "555".into()];
    let parsed = numbers.map(|number| PhoneNumber::try_from(number).map_err(|error: ParsePhoneNumberError| error));
    let imported = parsed.clone().map(|number| number.and_then(NewContact::new));
    let labels = keys_and_labels(contacts.import(imported.clone()), ImportClass::label).await;
    assert_eq!(labels, expected([((), "created"), ((), "invalid")]));
    let labels = keys_and_labels(contacts.import((10..).zip(imported).collect::<Vec<_>>()), ImportClass::label).await;
    assert_eq!(labels, expected([(10, "existing"), (11, "invalid")]));
    let labels = keys_and_labels(contacts.remove((20..).zip(parsed.clone()).collect::<Vec<_>>()), RemoveClass::label);
    assert_eq!(labels.await, expected([(20, "gone"), (21, "invalid")]));
    let labels = keys_and_labels(contacts.remove(parsed), RemoveClass::label).await;
    assert_eq!(labels, expected([((), "gone"), ((), "invalid")]));
}

#[tokio::test]
async fn a_type_of_the_caller_can_be_an_item() {
    struct Row(&'static str, u64);
    impl ImportItem for Row {
        type Key = &'static str;

        fn into_parts(self) -> (&'static str, Result<NewContact, ParsePhoneNumberError>) {
            (self.0, NewContact::new(number(self.1)))
        }
    }
    let sandbox = Sandbox::start().expect("a sandbox");
    let job = contacts(&sandbox).import([Row("a", 0), Row("b", 1)]);
    assert_eq!(keys_and_labels(job, ImportClass::label).await, expected([("a", "created"), ("b", "created")]));
}

#[tokio::test]
async fn a_journal_does_not_depend_on_keys() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let journal = JournalFile::new("keys");
    let job = |key: &'static str| contacts(&sandbox).import(items(0..3).into_iter().map(move |item| (key, item)));
    job("a").journal(&journal.0).run().await.expect("created");
    let resumed = job("b").journal(&journal.0).run().await.expect("the same items");
    assert_eq!((resumed.created(), resumed.resumed()), (3, 3));
}

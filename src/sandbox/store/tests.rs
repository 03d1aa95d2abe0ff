use std::{cmp::Ordering, iter::zip};

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

/// A naive store: the contacts in insertion order, each with its sequence number.
type Rows = Vec<(SeqNo, Contact)>;

#[derive(Clone, Debug)]
enum Step {
    Insert(Contact),
    Update(String, Details),
    Remove(String),
}

fn phone() -> impl Strategy<Value = String> {
    (0..20).prop_map(|n| format!("+1415555{n:04}"))
}

fn name() -> impl Strategy<Value = Option<Arc<str>>> {
    option::of(select(vec!["", "Ada", "Bob", "ada", "Åse"]).prop_map(Arc::from))
}

fn details() -> impl Strategy<Value = Details> {
    (name(), name()).prop_map(|(first_name, last_name)| Details { first_name, last_name, ..Details::default() })
}

fn step() -> impl Strategy<Value = Step> {
    let contact = (phone(), option::of(-2..3_i64), details()).prop_map(|(phone, created_at, details)| Contact {
        phone: phone.into(),
        created_at,
        details,
        ..Contact::default()
    });
    prop_oneof![
        3 => contact.prop_map(Step::Insert),
        1 => (phone(), details()).prop_map(|(phone, details)| Step::Update(phone, details)),
        1 => phone().prop_map(Step::Remove),
    ]
}

fn list_query() -> impl Strategy<Value = ListQuery> {
    use SortKey::*;
    (
        select(vec![CreatedAt, FirstName, LastName, Phone]),
        any::<bool>(),
        option::of(-3..4_i64),
        option::weighted(0.2, (0..30_u64).prop_map(|seq_no| ContactId(seq_no).to_string())),
        option::weighted(0.2, phone()),
        0..8_usize,
        0..30_usize,
    )
        .prop_map(|(sort_key, ascending, created_at_gte, contact_id, phone, offset, limit)| ListQuery {
            sort_key,
            ascending,
            created_at_gte,
            contact_id,
            phone,
            offset,
            limit,
        })
}

fn apply(steps: Vec<Step>, store: &mut Store) -> Rows {
    let mut rows = Rows::new();
    let mut next_seq_no = 0;
    for step in steps {
        let position = |phone: &str| rows.iter().position(|(_, contact)| &*contact.phone == phone);
        match step {
            Step::Insert(contact) => {
                let new = position(&contact.phone).is_none();
                assert_eq!(store.insert(contact.clone()), new);
                if new {
                    rows.push((next_seq_no, contact));
                    next_seq_no += 1;
                }
            }
            Step::Update(phone, change) => {
                let position = position(&phone);
                assert_eq!(store.update(&phone, change.clone()), position.is_some());
                if let Some(position) = position {
                    rows[position].1.details.apply(change);
                }
            }
            Step::Remove(phone) => {
                let position = position(&phone);
                assert_eq!(store.remove(&phone), position.is_some());
                position.map(|position| rows.remove(position));
            }
        }
    }
    rows
}

fn page(store: &Store, query: &ListQuery) -> Vec<SeqNo> {
    let id = |view: ContactView<'_>| match view.shape {
        Shape::Listed(ContactId(seq_no)) => seq_no,
        _ => panic!("a list view has no contact_id"),
    };
    store.list(query).map(id).collect()
}

/// Returns the page of the naive store, which filters and sorts all contacts for each query.
fn naive_page(rows: &Rows, query: &ListQuery, undated: Undated) -> Vec<SeqNo> {
    fn compare<K: Ord>(a: &Option<K>, b: &Option<K>, ascending: bool, keyless: Undated) -> Ordering {
        let directed = |ordering: Ordering| if ascending { ordering } else { ordering.reverse() };
        match (a, b) {
            (Some(a), Some(b)) => directed(a.cmp(b)),
            _ if keyless == Undated::First => a.is_some().cmp(&b.is_some()),
            _ => a.is_none().cmp(&b.is_none()),
        }
    }
    let mut rows: Vec<_> = rows
        .iter()
        .filter(|(_, contact)| query.phone.as_deref().is_none_or(|phone| phone == &*contact.phone))
        .filter(|(seq_no, _)| query.contact_id.as_ref().is_none_or(|id| *id == ContactId(*seq_no).to_string()))
        .filter(|(_, contact)| query.created_at_gte.is_none_or(|min| contact.created_at.is_some_and(|at| min <= at)))
        .collect();
    if !query.ascending {
        rows.reverse();
    }
    rows.sort_by(|(_, a), (_, b)| {
        let ascending = query.ascending;
        match query.sort_key {
            SortKey::CreatedAt => compare(&a.created_at, &b.created_at, ascending, undated),
            SortKey::FirstName => compare(&a.details.first_name, &b.details.first_name, ascending, Undated::Last),
            SortKey::LastName => compare(&a.details.last_name, &b.details.last_name, ascending, Undated::Last),
            SortKey::Phone => compare(&Some(&a.phone), &Some(&b.phone), ascending, Undated::Last),
        }
    });
    rows.iter().skip(query.offset).take(query.limit).map(|(seq_no, _)| *seq_no).collect()
}

proptest! {
    #[test]
    fn list_returns_the_same_page_as_a_naive_sort(
        steps in vec(step(), 0..60),
        queries in vec(list_query(), 20),
        undated in select(vec![Undated::First, Undated::Last]),
    ) {
        let mut store = Store::new(undated);
        let rows = apply(steps, &mut store);
        prop_assert_eq!(store.len(), rows.len());
        for query in queries {
            prop_assert_eq!(page(&store, &query), naive_page(&rows, &query, undated), "{:?}", query);
        }
    }
}

#[test]
fn undated_contacts_stay_first_or_last_in_both_directions() {
    for (undated, ascending, expected) in [
        (Undated::First, true, [0, 2, 1, 3]),
        (Undated::First, false, [2, 0, 3, 1]),
        (Undated::Last, true, [1, 3, 0, 2]),
        (Undated::Last, false, [3, 1, 2, 0]),
    ] {
        let mut store = Store::new(undated);
        for (phone, created_at) in zip(["+10", "+11", "+12", "+13"], [None, Some(5), None, Some(6)]) {
            store.insert(Contact { phone: phone.into(), created_at, ..Contact::default() });
        }
        let page = page(&store, &ListQuery { ascending, limit: 4, ..ListQuery::default() });
        assert_eq!(page, expected, "{undated:?} {ascending}");
    }
}

#[test]
fn a_contact_id_is_never_reused() {
    let mut store = Store::default();
    let mut create_and_remove = || {
        store.create("+14155550100", Details::default(), 0);
        let page = page(&store, &ListQuery { limit: 1, ..ListQuery::default() });
        store.remove("+14155550100");
        page
    };
    assert_ne!(create_and_remove(), create_and_remove());
}

#[test]
fn create_keeps_an_earlier_opt_out_of_the_number() {
    let mut store = Store::default();
    store.opt_out("+14155550100", true);
    store.create("+14155550100", Details::default(), 0);
    store.create("+14155550101", Details::default(), 0);
    assert_eq!(store.view("+14155550100", Shape::Plain).unwrap().opt_out, Some(true));
    assert_eq!(store.view("+14155550101", Shape::Plain).unwrap().opt_out, Some(false));
}

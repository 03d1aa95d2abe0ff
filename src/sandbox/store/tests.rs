use std::{cmp::Ordering, iter::zip};

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

/// What a naive store keeps: the contacts in the order of insertion, each with its place in it.
type Rows = Vec<(Seq, Contact)>;

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

fn listing() -> impl Strategy<Value = Listing> {
    use OrderBy::*;
    (
        select(vec![CreatedAt, FirstName, LastName, Phone]),
        any::<bool>(),
        option::of(-3..4_i64),
        option::weighted(0.2, (0..30_u64).prop_map(|seq| ContactId(seq).to_string())),
        option::weighted(0.2, phone()),
        0..8_usize,
        0..30_usize,
    )
        .prop_map(|(order_by, ascending, created_at_gte, contact_id, phone, offset, limit)| Listing {
            order_by,
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
    let mut next = 0;
    for step in steps {
        let place = |phone: &str| rows.iter().position(|(_, contact)| &*contact.phone == phone);
        match step {
            Step::Insert(contact) => {
                let new = place(&contact.phone).is_none();
                assert_eq!(store.insert(contact.clone()), new);
                if new {
                    rows.push((next, contact));
                    next += 1;
                }
            }
            Step::Update(phone, change) => {
                let place = place(&phone);
                assert_eq!(store.update(&phone, change.clone()), place.is_some());
                if let Some(place) = place {
                    rows[place].1.details.apply(change);
                }
            }
            Step::Remove(phone) => {
                let place = place(&phone);
                assert_eq!(store.remove(&phone), place.is_some());
                place.map(|place| rows.remove(place));
            }
        }
    }
    rows
}

fn page(store: &Store, listing: &Listing) -> Vec<Seq> {
    let identity = |view: View<'_>| match view.shape {
        Shape::Listed(ContactId(seq)) => seq,
        _ => panic!("a list shows the identity"),
    };
    store.list(listing).map(identity).collect()
}

/// The same page by sorting everything.
fn sorted(rows: &Rows, listing: &Listing, undated: Undated) -> Vec<Seq> {
    fn placed<K: Ord>(a: &Option<K>, b: &Option<K>, ascending: bool, keyless: Undated) -> Ordering {
        let directed = |ordering: Ordering| if ascending { ordering } else { ordering.reverse() };
        match (a, b) {
            (Some(a), Some(b)) => directed(a.cmp(b)),
            _ if keyless == Undated::First => a.is_some().cmp(&b.is_some()),
            _ => a.is_none().cmp(&b.is_none()),
        }
    }
    let mut rows: Vec<_> = rows
        .iter()
        .filter(|(_, contact)| listing.phone.as_deref().is_none_or(|phone| phone == &*contact.phone))
        .filter(|(seq, _)| listing.contact_id.as_ref().is_none_or(|id| *id == ContactId(*seq).to_string()))
        .filter(|(_, contact)| {
            listing.created_at_gte.is_none_or(|since| contact.created_at.is_some_and(|at| since <= at))
        })
        .collect();
    if !listing.ascending {
        rows.reverse();
    }
    rows.sort_by(|(_, a), (_, b)| {
        let ascending = listing.ascending;
        match listing.order_by {
            OrderBy::CreatedAt => placed(&a.created_at, &b.created_at, ascending, undated),
            OrderBy::FirstName => placed(&a.details.first_name, &b.details.first_name, ascending, Undated::Last),
            OrderBy::LastName => placed(&a.details.last_name, &b.details.last_name, ascending, Undated::Last),
            OrderBy::Phone => placed(&Some(&a.phone), &Some(&b.phone), ascending, Undated::Last),
        }
    });
    rows.iter().skip(listing.offset).take(listing.limit).map(|(seq, _)| *seq).collect()
}

proptest! {
    #[test]
    fn a_page_is_what_sorting_everything_would_give(
        steps in vec(step(), 0..60),
        listings in vec(listing(), 20),
        undated in select(vec![Undated::First, Undated::Last]),
    ) {
        let mut store = Store::new(undated);
        let rows = apply(steps, &mut store);
        prop_assert_eq!(store.len(), rows.len());
        for listing in listings {
            prop_assert_eq!(page(&store, &listing), sorted(&rows, &listing, undated), "{:?}", listing);
        }
    }
}

#[test]
fn both_placements_of_undated_contacts() {
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
        let page = page(&store, &Listing { ascending, limit: 4, ..Listing::default() });
        assert_eq!(page, expected, "{undated:?} {ascending}");
    }
}

#[test]
fn an_identity_is_not_given_twice() {
    let mut store = Store::default();
    let mut identities = || {
        store.create("+14155550100", Details::default(), 0);
        let page = page(&store, &Listing { limit: 1, ..Listing::default() });
        store.remove("+14155550100");
        page
    };
    assert_ne!(identities(), identities());
}

#[test]
fn an_opt_out_outlives_the_contact() {
    let mut store = Store::default();
    store.opt_out("+14155550100", true);
    store.create("+14155550100", Details::default(), 0);
    store.create("+14155550101", Details::default(), 0);
    assert_eq!(store.view("+14155550100", Shape::Plain).unwrap().opt_out, Some(true));
    assert_eq!(store.view("+14155550101", Shape::Plain).unwrap().opt_out, Some(false));
}

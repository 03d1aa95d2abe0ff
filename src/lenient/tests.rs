use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{Lenient, Property, Spellings};

fn read<T: Lenient>(value: serde_json::Value) -> Property<T> {
    let text: Property<T> = serde_json::from_str(&value.to_string()).expect("valid JSON");
    let tree: Property<T> = serde_json::from_value(value).expect("valid JSON");
    assert_eq!((text.value.is_some(), text.is_unreadable), (tree.value.is_some(), tree.is_unreadable));
    text
}

#[test]
fn null_is_absent_and_readable_for_every_type() {
    assert_eq!(read::<String>(json!(null)), Property::NULL);
    assert_eq!(read::<bool>(json!(null)), Property::NULL);
    assert_eq!(read::<Vec<String>>(json!(null)), Property::NULL);
    assert_eq!(read::<BTreeMap<String, String>>(json!(null)), Property::NULL);
}

#[test]
fn a_text_property_accepts_text_only() {
    assert_eq!(read::<String>(json!("Ada")), Property::read("Ada".to_owned()));
    for other in [json!(7), json!(true), json!([]), json!({"a": [1]})] {
        assert_eq!(read::<String>(other), Property::UNREADABLE);
    }
}

#[test]
fn booleans_may_be_text_or_0_and_1() {
    for (json, value) in [
        (json!(true), true),
        (json!("true"), true),
        (json!("True"), true),
        (json!(1), true),
        (json!(1.0), true),
        (json!("1"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!(0), false),
        (json!("0"), false),
    ] {
        assert_eq!(read::<bool>(json), Property::read(value));
    }
    for other in [json!(2), json!("unknown"), json!("yes"), json!(""), json!([]), json!({}), json!(-1)] {
        assert_eq!(read::<bool>(other), Property::UNREADABLE);
    }
}

#[test]
fn counts_may_be_text_or_whole_floats() {
    for json in [json!(250), json!("250"), json!(250.0), json!(" 250 "), json!("250.0")] {
        assert_eq!(read::<u64>(json), Property::read(250));
    }
    assert_eq!(read::<u64>(json!(u64::MAX)), Property::read(u64::MAX));
    for other in [json!(-1), json!(0.5), json!("x"), json!(1e300), json!([250]), json!(true)] {
        assert_eq!(read::<u64>(other), Property::UNREADABLE);
    }
}

#[test]
fn integers_out_of_range_are_unreadable() {
    assert_eq!(read::<i32>(json!(-7)), Property::read(-7));
    assert_eq!(read::<i64>(json!("-7")), Property::read(-7));
    assert_eq!(read::<i64>(json!(u64::MAX)), Property::UNREADABLE);
    assert_eq!(read::<u32>(json!(5_000_000_000_u64)), Property::UNREADABLE);
    assert_eq!(read::<f64>(json!("1.5")), Property::read(1.5));
}

#[test]
fn any_value_is_read_as_json() {
    for json in [json!(true), json!(1.5), json!("x"), json!([1, null]), json!({ "a": { "b": [] } })] {
        assert_eq!(read::<Value>(json.clone()), Property::read(json));
    }
    assert_eq!(read::<Map<String, Value>>(json!([])), Property::UNREADABLE);
}

#[test]
fn times_may_be_seconds_or_milliseconds() {
    let time = DateTime::from_timestamp(1_778_284_800, 0).expect("in range");
    for json in [json!(1_778_284_800), json!(1_778_284_800_000_u64), json!("1778284800"), json!("2026-05-09 00:00:00")]
    {
        assert_eq!(read::<DateTime<Utc>>(json), Property::read(time));
    }
    assert_eq!(read::<DateTime<Utc>>(json!("")), Property::NULL);
    for other in [json!("yesterday"), json!(1e300), json!(true), json!({})] {
        assert_eq!(read::<DateTime<Utc>>(other), Property::UNREADABLE);
    }
}

#[test]
fn a_list_skips_unreadable_elements_and_reports_them() {
    let read = read::<Vec<String>>;
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    assert_eq!(read(json!(["vip", null, 7, true])), Property::read(texts(&["vip", "7", "true"])));
    assert_eq!(read(json!("vip")), Property::read(texts(&["vip"])));
    assert_eq!(read(json!("")), Property::read(texts(&[])));
    assert_eq!(read(json!(["vip", {}, "new"])), Property { value: Some(texts(&["vip", "new"])), is_unreadable: true });
    assert_eq!(read(json!({})), Property::UNREADABLE);
}

#[test]
fn a_map_skips_unreadable_values_and_reports_them() {
    let read = read::<BTreeMap<String, String>>;
    let map =
        |pairs: &[(&str, &str)]| pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect::<BTreeMap<_, _>>();
    let scalars = json!({ "Plan": "Gold", "Seats": 7, "Rate": 1.5, "Active": true, "Note": null });
    let texts = [("Plan", "Gold"), ("Seats", "7"), ("Rate", "1.5"), ("Active", "true")];
    assert_eq!(read(scalars), Property::read(map(&texts)));
    let nested = json!({ "Plan": "Gold", "Address": { "city": "London" }, "Codes": [1] });
    assert_eq!(read(nested), Property { value: Some(map(&[("Plan", "Gold")])), is_unreadable: true });
    assert_eq!(read(json!([])), Property::read(map(&[])));
    assert_eq!(read(json!([1])), Property::UNREADABLE);
    assert_eq!(read(json!("x")), Property::UNREADABLE);
}

#[test]
fn the_documented_spelling_wins_if_it_has_a_value() {
    let merged = |documented: Property<u64>, other: Property<u64>, is_other_first: bool| {
        let mut spellings = Spellings::default();
        let mut unreadable = Vec::new();
        if is_other_first {
            spellings.other(other);
            spellings.documented(documented);
        } else {
            spellings.documented(documented);
            spellings.other(other);
        }
        (spellings.finish("x", &mut unreadable), !unreadable.is_empty())
    };
    for is_other_first in [false, true] {
        assert_eq!(merged(Property::read(1), Property::read(2), is_other_first), (Some(1), false));
        assert_eq!(merged(Property::NULL, Property::read(2), is_other_first), (Some(2), false));
        assert_eq!(merged(Property::read(1), Property::NULL, is_other_first), (Some(1), false));
        assert_eq!(merged(Property::UNREADABLE, Property::NULL, is_other_first), (None, true));
        assert_eq!(merged(Property::NULL, Property::NULL, is_other_first), (None, false));
    }
}

//! The serialized form of reports and summaries.

use super::*;

#[tokio::test]
async fn reports_serialize_without_the_items() {
    let sandbox = Sandbox::builder().reject_numbers([number(1)], 422).start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let mut input: Vec<_> = items([0, 1, 0]).into_iter().map(Ok).collect();
    input.push(NewContact::new("n/a"));
    let mut job = with_short_delay(contacts.import(input)).start();
    let report = job.next().await.expect("a report").expect("no error");
    let mut value = serde_json::to_value(&report).expect("serializable");
    let text = value.to_string();
    assert!(!text.contains("141500") && !text.contains("Name") && !text.contains("n/a"), "{text}");

    let rejected = value["items"][1]["reason"].take();
    assert!(rejected.as_str().is_some_and(|reason| reason.starts_with("contacts.bulk.create: ")), "{rejected}");
    let invalid = value["items"][3]["reason"].take();
    assert!(invalid.as_str().is_some_and(|reason| reason.starts_with("phone: ")), "{invalid}");
    let expected = json!({
        "chunk": 0,
        "items": [
            { "index": 0, "class": "created" },
            { "index": 1, "class": "rejected", "reason": null },
            { "index": 2, "class": "duplicate", "first_index": 0 },
            { "index": 3, "class": "invalid", "reason": null },
        ],
    });
    assert_eq!(value, expected);
    assert_eq!(
        serde_json::to_value(job.summary()).expect("serializable"),
        json!({
            "items": 4, "created": 1, "existing": 0, "rejected": 1, "invalid": 1, "duplicate": 1, "unknown": 0,
            "resumed": 0, "is_stopped": false,
        })
    );
}

#[tokio::test]
async fn a_report_serializes_with_its_item_on_request() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let report = contacts.import(items([0])).start().next().await.expect("a report").expect("no error");
    assert_eq!(
        serde_json::to_value(report.items[0].with_item()).expect("serializable"),
        json!({ "index": 0, "class": "created", "item": { "phone": number(0), "first_name": "Name 0" } })
    );
    let mut job = contacts.remove([number(0), "555".into()]).start();
    let report = job.next().await.expect("a report").expect("no error");
    let values: Vec<_> = report.items.iter().map(|item| serde_json::to_value(item.with_item())).collect();
    let [Ok(gone), Ok(invalid)] = &values[..] else { panic!("{values:?}") };
    assert_eq!(*gone, json!({ "index": 0, "class": "gone", "item": number(0) }));
    assert_eq!((&invalid["class"], &invalid["item"]), (&json!("invalid"), &Value::Null));
    assert_eq!(
        serde_json::to_value(job.summary()).expect("serializable"),
        json!({
            "items": 2, "gone": 1, "deleted": 1, "rejected": 0, "invalid": 1, "duplicate": 0, "unknown": 0,
            "resumed": 0, "is_stopped": false,
        })
    );
}

#[tokio::test]
async fn a_serialized_reason_omits_the_service_message() {
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.fail_next(Fault::status(401).body(r#"{"message": "Ada has no key"}"#).operation(CREATE));
    let mut job = contacts(&sandbox).import(items([0])).start();
    let report = job.next().await.expect("a report").expect("no error before it");
    let text = serde_json::to_string(&report).expect("serializable");
    assert!(text.contains("the job stopped: contacts.bulk.create: ") && !text.contains("Ada"), "{text}");
}

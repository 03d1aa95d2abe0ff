//! Contacts with unexpected properties: a contact object proves that the contact exists.

use sendblue_contacts::chrono::{DateTime, Utc};

use super::*;

/// Contacts whose properties have unexpected names, types and values. `NUMBER` stands for the phone number.
const ODD_CONTACTS: [&str; 9] = [
    r#"{"phone":"NUMBER","created_at":"CREATED","custom_variables":{"Plan":7}}"#,
    r#"{"phone":"NUMBER","created_at":"CREATED","custom_variables":[],"tags":"vip","opt_out":"maybe"}"#,
    r#"{"phone":"NUMBER","createdAt":"CREATED","customVariables":{"a":{"b":null}},"firstName":["Ada"]}"#,
    r#"{"phone":"NUMBER","created_at":"some day","tags":[null,{"name":"vip"},3]}"#,
    r#"{"phone":{"country":1},"created_at":["CREATED"]}"#,
    r#"{"phone":14155550100,"created_at":{},"verified":"perhaps"}"#,
    r#"{"contact_id":7,"phone":null,"first_name":{"given":"Ada"},"last_name":false}"#,
    r#"{"something":{"else":true}}"#,
    "{}",
];

fn body_of(odd: &str, n: u64) -> String {
    let created = DateTime::<Utc>::from(std::time::SystemTime::now()) + Duration::from_millis(5);
    let contact = odd.replace("NUMBER", &number(n)).replace("CREATED", &created.to_rfc3339());
    format!(r#"{{"status":"OK","contact":{contact}}}"#)
}

/// The look-ups of an interrupted chunk find odd contacts. The run that resumes must get past the chunk.
#[tokio::test]
async fn odd_contacts_stop_neither_a_look_up_nor_a_resume() {
    for (index, odd) in ODD_CONTACTS.into_iter().enumerate() {
        for upsert in [false, true] {
            let sandbox = Sandbox::start().expect("a sandbox");
            let journal = JournalFile::new(&format!("odd-{index}-{upsert}"));
            let job = || {
                let people = (0..3).map(new_contact);
                let job = contacts(&sandbox).import(people).upsert(upsert).chunk_size(2).concurrency(1);
                with_short_delay(job).journal(&journal.0)
            };
            sandbox.fail_next(Fault::status(401));
            job().run().await.expect_err("the job stopped");
            for n in [0, 1, 0, 1] {
                sandbox.fail_next(Fault::status(200).body(body_of(odd, n)).operation(RETRIEVE));
            }
            let (classes, error) = collect_classes(job()).await;
            assert!(error.is_none(), "{odd}: {error:?}");
            let labels = labels(&classes);
            assert!(labels[..2].iter().all(|label| label == "created" || label == "existing"), "{odd}: {labels:?}");
            assert_eq!(labels[2], "created", "{odd}");
        }
    }
}

/// The page that replaces look-ups contains odd contacts of other programs.
#[tokio::test]
async fn odd_contacts_on_a_page_stop_no_import() {
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.fail_next(Fault::no_response().operation(CREATE).apply_request(true));
    let odd: Vec<String> = ODD_CONTACTS.iter().map(|odd| odd.replace("NUMBER", "+12005550100")).collect();
    let page = format!("[{},null,7]", odd.join(","));
    sandbox.fail_next(Fault::status(200).body(page).operation(LIST));
    let (classes, error) = collect_classes(contacts(&sandbox).import(items(0..20))).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(labels(&classes), classes_except(20, "created", []));
}

/// A bulk create responds with odd contacts.
#[tokio::test]
async fn odd_contacts_in_a_bulk_response_stop_no_import() {
    let odd: Vec<String> =
        ODD_CONTACTS.iter().enumerate().map(|(n, odd)| odd.replace("NUMBER", &number(n as u64))).collect();
    let sandbox = Sandbox::start().expect("a sandbox");
    let response = format!(r#"{{"status":"OK","contacts":[{}]}}"#, odd.join(","));
    sandbox.fail_next(Fault::status(201).body(response).operation(CREATE).apply_request(true));
    let (classes, error) = collect_classes(contacts(&sandbox).import(items(0..9))).await;
    assert!(error.is_none(), "{error:?}");
    assert!(labels(&classes).iter().all(|label| label == "created" || label == "existing"), "{classes:?}");
}

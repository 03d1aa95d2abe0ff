//! Validation of the options of a stream.

use sendblue_contacts::{OrderBy, OrderDirection, sandbox::Sandbox};

use super::{collect, start};

#[tokio::test]
async fn rejects_invalid_options_before_the_first_request() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(25));
    let list = || contacts.list();
    let since = "2025-01-01T00:00:00Z".parse().expect("a time");
    let cursor = list().created_at_gte(since).stream().cursor();
    for (stream, field) in [
        (list().order_by(OrderBy::PHONE).stream(), "order_by: a stream always sorts by ascending"),
        (list().order_direction(OrderDirection::Desc).stream(), "order_direction: a stream always sorts by ascending"),
        (list().offset(0).stream(), "offset: a stream sets its own offsets"),
        (list().limit(1).stream(), "limit: is 1, but"),
        (list().limit(1001).stream(), "limit: above 1000"),
        (list().phone_number("415").stream(), "phone_number: "),
        (list().created_at_gte(since).stream().check_count(true), "check_count: the service counts the whole account"),
        (list().cid("7").stream().check_count(true), "check_count: the service counts the whole account"),
        (list().query("tag", "vip").stream().check_count(true), "check_count: the service counts the whole account"),
        (list().stream().total_limit(5).check_count(true), "check_count: conflicts with `total_limit`"),
        (list().stream().resume(cursor.clone()), "resume: the cursor belongs to a list with other filters"),
        (
            list().cid("7").created_at_gte(since).stream().resume(cursor),
            "resume: the cursor belongs to a list with other filters",
        ),
    ] {
        let mut stream = stream;
        let (numbers, error) = collect(&mut stream).await;
        let error = error.expect(field);
        assert!(numbers.is_empty() && error.is_input(), "{error:?}");
        assert!(error.to_string().starts_with(&format!("contacts.list: {field}")), "{error}");
    }
    assert!(sandbox.requests().is_empty());

    // A stream accepts its own order as a parameter.
    let asc = list().order_by(OrderBy::CREATED_AT).order_direction(OrderDirection::Asc);
    assert_eq!(collect(&mut asc.stream()).await.0.len(), 25);

    let mut started = list().stream();
    started.next().await.expect("an item").expect("a contact");
    let (_, error) = collect(&mut started.total_limit(5)).await;
    assert!(error.expect("an error").to_string().contains("total_limit: the stream has started"));
}

#[tokio::test]
async fn a_documented_query_parameter_is_refused_by_name_in_any_spelling() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(25));
    let document = include_str!("../../../openapi.yaml");
    let documented: Vec<&str> = document
        .lines()
        .zip(document.lines().skip(1))
        .filter(|(_, next)| next.trim() == "in: query")
        .filter_map(|(line, _)| line.trim().strip_prefix("- name: "))
        .collect();
    assert_eq!(documented.len(), 7, "{documented:?}");
    for name in documented {
        let camel_case: String =
            name.split('_').flat_map(|word| [word[..1].to_uppercase(), word[1..].to_owned()]).collect();
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for spelling in [
            name.to_owned(),
            name.to_uppercase(),
            camel_case,
            encoded.replace('%', "%25"),
            encoded,
            format!(" {name}"),
            format!("{name}[]"),
            format!("{name}[0]"),
            name.replace('_', "-"),
        ] {
            let mut stream = contacts.list().query("beta", "1").query(&spelling, "5").stream();
            let (numbers, error) = collect(&mut stream).await;
            let error = error.expect(&spelling);
            assert!(numbers.is_empty() && error.is_input(), "{error:?}");
            assert_eq!(error.field(), Some(&*format!("query `{spelling}`")));
            let page = contacts.list().query(&spelling, "5").pages().next().await.expect("an item");
            assert!(page.expect_err("an input error").is_input(), "{spelling}");
        }
    }
    assert!(sandbox.requests().is_empty());
    let (numbers, error) = collect(&mut contacts.list().query("offsets", "5").stream()).await;
    assert!(error.is_none() && numbers.len() == 25);
}

#[tokio::test]
async fn a_page_has_at_most_as_many_contacts_as_the_limit() {
    // At the largest offset, the stream requests 1000 contacts.
    let (_sandbox, contacts) = start(Sandbox::builder().contacts(super::tied(10_999, "2026-05-09T00:00:00Z")));
    for total in [u64::MAX, 10_990, 10_020] {
        let mut pages = contacts.list().limit(500).pages().total_limit(total);
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = page.expect("a page");
            assert!(page.len() <= 500, "{} contacts", page.len());
            count += page.len() as u64;
        }
        assert_eq!(count, total.min(10_999));
    }
}

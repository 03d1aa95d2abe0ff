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

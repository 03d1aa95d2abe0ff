//! The requests that a stream sends.

use sendblue_contacts::sandbox::{Fault, Sandbox};

use super::{collect, start};

#[tokio::test]
async fn moves_created_at_gte_to_the_last_contact_of_each_page() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(5));
    let (numbers, error) = collect(&mut contacts.list().limit(3).stream()).await;
    assert!(error.is_none());
    assert_eq!(numbers, (0..5).map(|n| format!("+1200555010{n}")).collect::<Vec<_>>());
    let requests = sandbox.requests();
    let queries: Vec<&str> = requests.iter().map(|request| request.query().unwrap_or_default()).collect();
    assert_eq!(
        queries,
        [
            "limit=3&order_by=created_at&order_direction=asc",
            "created_at_gte=2025-01-01T00%3A00%3A00.002Z&limit=3&order_by=created_at&order_direction=asc",
            "created_at_gte=2025-01-01T00%3A00%3A00.004Z&limit=3&order_by=created_at&order_direction=asc",
            // Looks for contacts without `created_at` at the end of the list.
            "limit=3&offset=4&order_by=created_at&order_direction=asc",
            // Only an empty page proves the end: the service may have returned one contact of many.
            "limit=3&offset=5&order_by=created_at&order_direction=asc",
        ]
    );
}

#[tokio::test]
async fn sends_the_filters_and_call_options_with_each_page() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(10));
    let since = "2025-01-01T00:00:00.006Z".parse().expect("a time");
    let mut stream = contacts.list().created_at_gte(since).limit(2).query("beta", "1").header("x-trace", "7").stream();
    let (numbers, error) = collect(&mut stream).await;
    assert!(error.is_none());
    assert_eq!(numbers.len(), 4);
    for request in sandbox.requests() {
        let query = request.query().expect("a query");
        assert!(query.contains("created_at_gte=2025-01-01T00%3A00%3A00.00") && query.ends_with("&beta=1"), "{query}");
        assert_eq!(request.headers()["x-trace"], "7");
    }

    let (numbers, error) = collect(&mut contacts.list().phone_number("+12005550107").stream()).await;
    assert!(error.is_none());
    assert_eq!(numbers, ["+12005550107"]);
}

#[tokio::test]
async fn total_limit_requests_no_page_beyond_the_limit() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(25));
    for (total, requests) in [(0, 0), (1, 1), (10, 1), (11, 2), (19, 2), (20, 3), (1000, 6)] {
        sandbox.clear_requests();
        let (numbers, error) = collect(&mut contacts.list().limit(10).stream().total_limit(total)).await;
        assert!(error.is_none());
        assert_eq!((numbers.len() as u64, sandbox.requests().len()), (total.min(25), requests), "{total}");
    }
    let mut pages = contacts.list().limit(10).pages().total_limit(12);
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.expect("a page").len());
    }
    assert_eq!(sizes, [10, 2]);
}

#[tokio::test]
async fn pauses_up_to_6_times_after_429_responses() {
    let (sandbox, contacts) = start(Sandbox::builder().synthetic_contacts(30));
    let rate_limited = || Fault::status(429).header("retry-after-ms", "1").operation("contacts.list");
    sandbox.fail_next(rate_limited().times(6));
    let (numbers, error) = collect(&mut contacts.list().limit(10).stream()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(numbers.len(), 30);

    // Seven 429 responses in a row, or a `Retry-After` longer than the maximum.
    for fault in [rate_limited().times(7), Fault::status(429).header("retry-after", "61")] {
        sandbox.fail_next(fault);
        let mut stream = contacts.list().limit(10).stream();
        let (numbers, error) = collect(&mut stream).await;
        assert!(numbers.is_empty() && error.expect("an error").is_rate_limited());
    }
}

//! The order, filters and caps of lists.

use sendblue_contacts::sandbox::{Sandbox, Undated};
use serde_json::{Value, json};

use super::{get, last_digits};

#[tokio::test]
async fn list_has_default_order_and_limit_and_caps_limit_and_offset() {
    let sandbox = Sandbox::builder().synthetic_contacts(11_500).start().unwrap();
    let numbers = async |query: &str| {
        let (status, page) = get(&sandbox, query).await;
        assert_eq!(status, 200);
        let number = |contact: &Value| contact["phone"].as_str().unwrap().to_owned();
        page.as_array().unwrap().iter().map(number).collect::<Vec<_>>()
    };
    let newest = numbers("").await;
    assert_eq!(newest.len(), 100);
    assert_eq!(newest, numbers("?order_by=created_at&order_direction=desc&limit=100&offset=0").await);
    assert_ne!(newest, numbers("?order_direction=asc").await);
    assert_eq!(newest[10], numbers("?limit=1&offset=10").await[0]);
    assert_eq!(numbers("?limit=5000").await.len(), 1000);
    assert_eq!(numbers("?offset=10000").await, numbers("?offset=11000").await);
    assert_eq!(numbers("?unknown=1").await, newest);
}

#[tokio::test]
async fn list_sorts_and_filters() {
    let contact = |line: u8, first: &str, last: &str, created_at: &str| json!({ "phone": format!("+141555501{line:02}"), "first_name": first, "last_name": last, "created_at": created_at });
    let contacts = [
        contact(3, "Ada", "Lovelace", "2026-05-09T00:00:00.002Z"),
        contact(1, "Grace", "Hopper", "2026-05-09T02:00:00.0019+02:00"),
        contact(2, "Ada", "Byron", "2026-05-09T00:00:00Z"),
        json!({ "phone": "+14155550104" }),
    ];
    let sandbox = Sandbox::builder().contacts(contacts.clone()).start().unwrap();
    assert_eq!(last_digits(&sandbox, "").await, [3, 1, 2, 4]);
    assert_eq!(last_digits(&sandbox, "?order_direction=asc").await, [2, 1, 3, 4]);
    assert_eq!(last_digits(&sandbox, "?order_by=phone&order_direction=asc").await, [1, 2, 3, 4]);
    assert_eq!(last_digits(&sandbox, "?order_by=firstName&order_direction=asc").await, [3, 2, 1, 4]);
    assert_eq!(last_digits(&sandbox, "?order_by=lastName").await, [3, 1, 2, 4]);
    assert_eq!(last_digits(&sandbox, "?created_at_gte=2026-05-09T00:00:00.001Z").await, [3, 1]);
    assert_eq!(last_digits(&sandbox, "?created_at_gte=2026-05-09T02%3A00%3A00.002%2B02:00").await, [3]);
    assert_eq!(last_digits(&sandbox, "?created_at_gte=2026-05-09&order_by=phone").await, [3, 2, 1]);
    assert_eq!(last_digits(&sandbox, "?phone_number=%2B14155550102").await, [2]);
    assert_eq!(last_digits(&sandbox, "?phone_number=%2B14155550109").await, [] as [u64; 0]);

    let (_, page) = get(&sandbox, "?phone_number=%2B14155550101").await;
    let id = page[0]["contact_id"].as_str().expect("a contact_id in lists");
    assert_eq!(page[0]["created_at"], "2026-05-09T00:00:00.001Z");
    assert_eq!(last_digits(&sandbox, &format!("?cid={id}")).await, [1]);
    assert_eq!(last_digits(&sandbox, &format!("?cid={id}&phone_number=%2B14155550102")).await, [] as [u64; 0]);
    assert_eq!(last_digits(&sandbox, "?cid=nobody").await, [] as [u64; 0]);

    let first = Sandbox::builder().contacts(contacts).undated(Undated::First).start().unwrap();
    assert_eq!(last_digits(&first, "").await, [4, 3, 1, 2]);
    assert_eq!(last_digits(&first, "?order_direction=asc").await, [4, 2, 1, 3]);
}

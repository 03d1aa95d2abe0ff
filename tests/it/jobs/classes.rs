//! Each class, and what leads to it.

use super::*;

#[tokio::test]
async fn contacts_are_imported_and_removed() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let contacts = contacts(&sandbox);
    let mut input = items(0..5);
    input.insert(2, NewContact::new("555"));
    input.push(NewContact::new(number(1)));

    let mut job = quick(contacts.import(input).chunk_size(3)).start();
    let (classes, error) = drain(&mut job).await;
    assert!(error.is_none(), "{error:?}");
    let [a, b, invalid, c, d, e, duplicate] = &classes[..] else { panic!("{classes:?}") };
    assert!([a, b, c, d, e].iter().all(|class| *class == "created"), "{classes:?}");
    assert!(invalid.starts_with("invalid: phone: does not start with `+`"), "{invalid}");
    assert_eq!(duplicate, "duplicate of item 1");
    let summary = job.summary();
    assert_eq!(summary.to_string(), "7 items: 5 created, 0 existing, 0 rejected, 1 invalid, 1 duplicate, 0 unknown");
    assert_eq!(job.progress().done, 7);
    assert_eq!(job.progress().total, Some(7));
    assert_eq!(sandbox.contact(&number(4)).expect("there")["first_name"], "Name 4");

    let summary = contacts.remove((0..7).map(number)).chunk_size(3).run().await.expect("all gone");
    assert_eq!((summary.gone(), summary.amount()), (7, Some(5)));
    assert!(sandbox.is_empty());
}

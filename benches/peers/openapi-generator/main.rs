//! The client that openapi-generator makes of `openapi.yaml`, told what to do as `bench-client` is: `client URL CONTACTS`.
//!
//! `cargo xtask bench-peers` makes a package of it. The generated code is as it comes, with one thing done around it: it
//! sends one key in both of the headers, so both are given to its `reqwest` client instead.

use std::{
    env,
    error::Error,
    hint::black_box,
    io::{self, BufRead as _},
    time::Instant,
};

use counting::{Counting, allocated};
use cpu_time::ProcessTime;
use openapi::{
    apis::{
        self,
        configuration::Configuration,
        contacts_api::{ContactsRetrieveError, contacts_create, contacts_list, contacts_retrieve},
    },
    models::{ContactResponse, CreateContact},
};
use reqwest::header::{HeaderMap, HeaderValue};

#[path = "../../src/counting.rs"]
mod counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, contacts] = &arguments[..] else {
        return Err("usage: client URL CONTACTS".into());
    };
    let contacts = contacts.parse()?;
    let mut headers = HeaderMap::new();
    headers.insert("sb-api-key-id", HeaderValue::from_static("key-id"));
    headers.insert("sb-api-secret-key", HeaderValue::from_static("secret-key"));
    let client = reqwest::Client::builder().default_headers(headers).build()?;
    let configuration = Configuration { base_path: url.clone(), client, ..Configuration::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (case, times) = line.split_once(' ').ok_or("write CASE TIMES")?;
        let times: u32 = times.parse()?;
        let (allocations, bytes) = allocated();
        let (started, busy) = (Instant::now(), ProcessTime::now());
        runtime.block_on(async {
            for _ in 0..times {
                run(&configuration, case, contacts).await?;
            }
            Result::<()>::Ok(())
        })?;
        let (passed, busy) = (started.elapsed().as_nanos(), busy.elapsed().as_nanos());
        let (more_allocations, more_bytes) = allocated();
        println!("{passed} {busy} {} {}", more_allocations - allocations, more_bytes - bytes);
    }
    Ok(())
}

async fn run(configuration: &Configuration, case: &str, contacts: usize) -> Result<()> {
    match case {
        "retrieve" => has_phone(contacts_retrieve(configuration, "+14150000000").await?),
        "missing" => match contacts_retrieve(configuration, &format!("+1415{contacts:07}")).await {
            // It takes the first status whose body is of that shape, which is not the status that came.
            Err(apis::Error::ResponseError(refused)) => match refused.entity {
                Some(ContactsRetrieveError::Status401(refusal))
                    if refused.status == 404 && refusal.error_message.as_ref().is_some_and(Option::is_some) =>
                {
                    Ok(())
                }
                _ => Err("it is refused otherwise".into()),
            },
            Err(error) => Err(error.into()),
            Ok(_) => Err("it is there".into()),
        },
        "create" => {
            let contact = CreateContact {
                first_name: Some("Grace".into()),
                last_name: Some("Hopper".into()),
                tags: Some(vec!["newsletter".into()]),
                ..CreateContact::new("+14150000000".into())
            };
            has_phone(contacts_create(configuration, contact).await?)
        }
        _ => {
            let limit = case.strip_prefix("list-").ok_or("there is no such case")?.parse()?;
            let page = contacts_list(configuration, None, None, Some(limit), None, None, None, None).await?;
            let received = black_box(page).len();
            if received == contacts.min(limit as usize) { Ok(()) } else { Err(format!("{received} of {limit}").into()) }
        }
    }
}

fn has_phone(answer: ContactResponse) -> Result<()> {
    let contact = black_box(answer).contact.ok_or("no contact")?;
    if contact.phone.flatten().as_deref() == Some("+14150000000") { Ok(()) } else { Err("another contact".into()) }
}

//! The client that openapi-generator generates from `openapi.yaml`.
//!
//! `client URL CONTACTS` reads lines of a case and a number of calls. For each line it prints the elapsed time and the
//! CPU time in nanoseconds, like `bench-client`. `cargo xtask bench peers` builds it with the unchanged generated code.
//!
//! The generated code sends one key in both authentication headers. So the `reqwest` client sets the headers instead.

use std::{
    env,
    error::Error,
    hint::black_box,
    io::{self, BufRead as _},
    time::Instant,
};

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
        let (case, calls) = line.split_once(' ').ok_or("write CASE CALLS")?;
        let calls: u32 = calls.parse()?;
        let (started, cpu) = (Instant::now(), ProcessTime::now());
        runtime.block_on(async {
            for _ in 0..calls {
                run(&configuration, case, contacts).await?;
            }
            Result::<()>::Ok(())
        })?;
        println!("{} {}", started.elapsed().as_nanos(), cpu.elapsed().as_nanos());
    }
    Ok(())
}

async fn run(configuration: &Configuration, case: &str, contacts: usize) -> Result<()> {
    match case {
        "retrieve" => check_phone(contacts_retrieve(configuration, "+14150000000").await?),
        "not-found" => match contacts_retrieve(configuration, &format!("+1415{contacts:07}")).await {
            // The generated code decodes the body as the first type that fits, which is the body of a 401.
            Err(apis::Error::ResponseError(response)) => match response.entity {
                Some(ContactsRetrieveError::Status401(body))
                    if response.status == 404 && body.error_message.as_ref().is_some_and(Option::is_some) =>
                {
                    Ok(())
                }
                _ => Err("the response is not the expected 404".into()),
            },
            Err(error) => Err(error.into()),
            Ok(_) => Err("the contact exists".into()),
        },
        "create" => {
            let contact = CreateContact {
                first_name: Some("Grace".into()),
                last_name: Some("Hopper".into()),
                tags: Some(vec!["newsletter".into()]),
                ..CreateContact::new("+14150000000".into())
            };
            check_phone(contacts_create(configuration, contact).await?)
        }
        _ => {
            let limit = case.strip_prefix("list-").ok_or("unknown case")?.parse()?;
            let page = contacts_list(configuration, None, None, Some(limit), None, None, None, None).await?;
            let received = black_box(page).len();
            if received == contacts.min(limit as usize) { Ok(()) } else { Err(format!("received {received} of {limit} contacts").into()) }
        }
    }
}

fn check_phone(response: ContactResponse) -> Result<()> {
    let contact = black_box(response).contact.ok_or("the response has no contact")?;
    if contact.phone.flatten().as_deref() == Some("+14150000000") { Ok(()) } else { Err("another contact".into()) }
}

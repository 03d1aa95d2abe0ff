//! Keys, phone numbers and bodies stay out of `Debug`, of `Display` and of the chain of sources.

use std::{collections::BTreeSet, error::Error as _, fs, path::Path, time::Duration};

use sendblue_contacts::{
    Client, Credentials, Error, NewContact,
    contacts::Imported,
    sandbox::{Fault, Sandbox},
};
use serde_json::json;
use syn::visit::{self, Visit};

const KEY: &str = "canary-key-id";
const SECRET: &str = "canary-secret-key";
const NUMBER: &str = "+14155559876";
/// Without the plus sign, which may be encoded.
const DIGITS: &str = "14155559876";
/// Of contacts to be imported.
const NUMBER2: &str = "+14155559877";
const NUMBER3: &str = "+14155559878";
const NAME: &str = "Canary Lovelace";

/// What `Debug` shows of each public type that holds or may hold something private.
async fn shown() -> Vec<(&'static str, String)> {
    let builder = Sandbox::builder()
        .credentials(KEY, SECRET)
        .bearer_token(KEY)
        .reject_numbers([NUMBER], 400)
        .drop_numbers([NUMBER])
        .contacts([json!({"phone": NUMBER, "first_name": NAME})]);
    let sandbox_builder = format!("{builder:#?}");
    let sandbox = builder.start().expect("a sandbox");

    let credentials = Credentials::key_pair(KEY, SECRET).expect("valid");
    let builder = Client::builder()
        .credentials(credentials.clone())
        .base_url(sandbox.url())
        .default_header("x-canary", "canary")
        .user_agent("canary");
    let provider = Credentials::bearer_provider(|| async { Ok::<_, Error>(KEY.to_owned()) });
    let client = builder.clone().build().expect("valid");
    let contacts = client.contacts();
    let response = contacts.retrieve(NUMBER).send_raw().await.expect("found");
    let request = contacts.create(NUMBER).first_name(NAME).header("x-canary", "canary").body_field("x", "canary");
    let mut stream = contacts.list().phone_number(NUMBER).stream().prefetch(false);
    stream.next().await.expect("an item").expect("a contact");
    let fault =
        Fault::status(500).header("x-canary", "canary").body(r#"{"message": "canary", "error_code": "canary"}"#);
    sandbox.fail_next(fault.clone().times(3));
    let error = contacts.retrieve(NUMBER).query("canary", "canary").send().await.expect_err("a fault");

    sandbox.fail_next(fault.clone().operation("contacts.bulk.create"));
    sandbox.fail_next(Fault::status(401).body("canary").operation("contacts.bulk.create"));
    let new = |number| NewContact::new(number).first_name(NAME).company_name("canary").tags(["canary"]);
    let import = || contacts.import([NUMBER2, NUMBER2, "canary", NUMBER3].map(new)).settle_delay(Duration::ZERO);
    let mut job = import().chunk_size(3).concurrency(1).journal(std::env::temp_dir().join("canary/journal")).start();
    let journal = job.next().await.expect("an item").expect_err("no such folder");
    assert!(journal.is_journal());
    job = import().chunk_size(3).concurrency(1).start();
    let mut reports = Vec::new();
    while let Some(Ok(report)) = job.next().await {
        reports.push(report);
    }
    let items = || reports.iter().flat_map(|report| &report.items);
    let classes: String = items().map(|item| format!("{} {:#?}\n", item.class, item.class)).collect();
    let reasons: String = items()
        .filter_map(|item| match &item.class {
            Imported::Rejected(reason) | Imported::Unknown(reason) => Some(format!("{reason} {reason:#?}\n")),
            _ => None,
        })
        .collect();
    assert!(classes.contains("unknown") && classes.contains("rejected") && classes.contains("invalid"), "{classes}");

    vec![
        ("client::Client", format!("{client:#?}")),
        (
            "client::builder::ClientBuilder",
            format!("{builder:#?} {:#?}", builder.clone().proxy("http://canary:canary@x/")),
        ),
        ("contacts::Contacts", format!("{contacts:#?}")),
        ("contacts::bulk::Bulk", format!("{:#?}", contacts.bulk())),
        ("contacts::jobs::Job", format!("{:#?} {:#?}", import(), contacts.remove([NUMBER, "canary"]))),
        ("contacts::jobs::import::Imported", classes),
        ("contacts::jobs::report::ChunkReport", format!("{reports:#?}")),
        ("contacts::jobs::report::ItemReport", format!("{:#?}", reports.first().map(|report| &report.items))),
        ("contacts::jobs::report::Reason", reasons),
        ("contacts::jobs::report::Summary", format!("{:#?} {}", job.summary(), job.summary())),
        ("contacts::jobs::progress::Progress", format!("{:#?} {}", job.progress(), job.progress())),
        ("contacts::jobs::running::RunningJob", format!("{job:#?}")),
        (
            "credentials::Credentials",
            format!("{credentials:#?} {:#?} {provider:#?}", Credentials::bearer(KEY).expect("valid")),
        ),
        (
            "error::Error",
            format!("{journal:#?} {journal} {error:#?} {error} {:#?}", contacts.retrieve("canary").send().await),
        ),
        (
            "contacts::stream::ContactStream",
            format!("{stream:#?} {:#?}", contacts.list().phone_number(NUMBER).pages().prefetch(false)),
        ),
        ("contacts::stream::cursor::Cursor", format!("{:#?}", stream.cursor())),
        ("request::Request", format!("{request:#?} {:#?}", contacts.delete("canary"))),
        ("response::Response", format!("{response:#?}")),
        ("sandbox::Sandbox", format!("{sandbox:#?}")),
        ("sandbox::builder::SandboxBuilder", sandbox_builder),
        ("sandbox::faults::Fault", format!("{fault:#?}")),
        ("sandbox::received::ReceivedRequest", format!("{:#?}", sandbox.requests())),
    ]
}

/// The public types whose `Debug` is derived, and why that is right.
const EXEMPT: &[(&str, &str)] = &[
    // The caller's own data; nothing of this crate prints them.
    ("phone::PhoneNumber", "a model"),
    ("contacts::bulk::NewContact", "a model"),
    ("generated::types::Contact", "a model"),
    ("generated::types::OptOut", "a model"),
    // The parameters of an operation: what a `Request` holds, whose `Debug` shows none of them.
    ("client::endpoint::Endpoint", "parameters"),
    ("contacts::bulk::CreateContacts", "parameters"),
    ("contacts::count::CountContacts", "parameters"),
    ("contacts::delete::DeleteContact", "parameters"),
    ("contacts::list::ListContacts", "parameters"),
    ("contacts::retrieve::RetrieveContact", "parameters"),
    ("contacts::update::UpdateContact", "parameters"),
    ("generated::types::CreateContact", "parameters"),
    ("generated::types::CreateContacts", "parameters"),
    ("generated::types::DeleteContacts", "parameters"),
    ("generated::types::NewContact", "parameters"),
    ("generated::types::OptOutContact", "parameters"),
    ("generated::types::UpdateContact", "parameters"),
    ("generated::types::VerifyContact", "parameters"),
    // Inside the crate alone, never printed.
    ("contacts::jobs::chunk::Chunk", "not exported"),
    ("contacts::jobs::chunk::Entry", "not exported"),
    ("contacts::jobs::chunk::Fate", "not exported"),
    ("contacts::jobs::evidence::Evidence", "not exported"),
    ("contacts::jobs::evidence::Found", "not exported"),
    ("contacts::jobs::report::Tally", "not exported; numbers"),
    ("generated::Client", "not exported"),
    ("generated::types::ContactCount", "not exported"),
    ("generated::types::ContactResponse", "not exported"),
    ("generated::types::CreatedContacts", "not exported"),
    ("generated::types::DeletedContacts", "not exported"),
    ("generated::types::StatusResponse", "not exported"),
    ("retry::Repeat", "not exported; one of four words"),
    ("transport::built::Built", "not exported; its `Debug` shows nothing of the request"),
    ("transport::path::ExpectedPath", "not exported; a path template"),
    ("transport::Route", "not exported; of the document"),
    // Names and numbers of the API, and words of this crate.
    ("contacts::jobs::import::Import", "a setting"),
    ("contacts::jobs::remove::Remove", "nothing"),
    ("contacts::jobs::remove::Removed", "as `Imported`"),
    ("generated::types::error::ConversionError", "says `invalid value` of an order direction"),
    ("contacts::list::OrderBy", "the name of a property"),
    ("error::Outcome", "one of four words"),
    ("phone::ParsePhoneNumberError", "what is wrong, not with what"),
    ("generated::types::OrderDirection", "one of two words"),
    ("rate_limit::RateLimitExceeded", "a length of time"),
    ("rate_limit::SlidingWindow", "a number and a length of time"),
    ("sandbox::rules::BulkExisting", "one of three words"),
    ("sandbox::rules::OverOffset", "one of two words"),
    ("sandbox::rules::Undated", "one of two words"),
];

#[tokio::test]
async fn debug_shows_nothing_private() {
    for (name, text) in shown().await {
        for private in [KEY, SECRET, NUMBER, DIGITS, "141555598", NAME, "canary", "Canary"] {
            assert!(!text.contains(private), "`Debug` of {name} shows {private}:\n{text}");
        }
    }
}

#[tokio::test]
async fn every_public_type_is_looked_at() {
    let shown: BTreeSet<String> = shown().await.into_iter().map(|(name, _)| name.to_owned()).collect();
    let exempt = EXEMPT.iter().map(|(name, _)| (*name).to_owned());
    let known: BTreeSet<String> = shown.into_iter().chain(exempt).collect();

    let mut types = Types::default();
    types.read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "");
    types.read_file(Path::new(concat!(env!("OUT_DIR"), "/client.rs")), "generated");
    let found: BTreeSet<String> = types.found.into_iter().collect();

    assert!(found.contains("generated::types::Contact"), "the generated file was not read");
    let unknown: Vec<_> = found.difference(&known).collect();
    assert!(unknown.is_empty(), "what does `Debug` show of these? Add them to a table here: {unknown:#?}");
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "these are no public types any more: {gone:#?}");
}

/// The `pub` structs and enums of the source, with their modules.
#[derive(Default)]
struct Types {
    module: Vec<String>,
    found: Vec<String>,
}

impl Types {
    fn read_folder(&mut self, folder: &Path, module: &str) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("UTF-8").to_owned();
            let module = if module.is_empty() { stem.clone() } else { format!("{module}::{stem}") };
            if path.is_dir() {
                // The snapshot of the generated file is read as what is compiled.
                if stem != "generated" {
                    self.read_folder(&path, &module);
                }
            } else if stem != "lib" {
                self.read_file(&path, &module);
            }
        }
    }

    fn read_file(&mut self, path: &Path, module: &str) {
        let file = syn::parse_file(&fs::read_to_string(path).expect("a file")).expect("Rust");
        self.module = vec![module.to_owned()];
        self.visit_file(&file);
    }

    fn add(&mut self, visibility: &syn::Visibility, name: &syn::Ident) {
        if matches!(visibility, syn::Visibility::Public(_)) {
            self.found.push(format!("{}::{name}", self.module.join("::")));
        }
    }
}

impl<'ast> Visit<'ast> for Types {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.add(&item.vis, &item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.add(&item.vis, &item.ident);
    }
}

/// Everything that an error prints, its causes included.
pub(crate) fn printed(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(source) = cause {
        text += &format!(" {source} {source:?}");
        cause = source.source();
    }
    text
}

#[tokio::test]
async fn errors_print_nothing_private() {
    let sandbox = Sandbox::builder().credentials(KEY, SECRET).start().expect("a sandbox");
    let client = sandbox.client().expect("a client");
    let contacts = client.contacts();
    let private = format!(r#"{{"message": "{NAME}", "contact": "{NUMBER}", "contacts": {{"{NAME}": 1}}}}"#);
    let cut = format!(r#"{{"{NAME} {NUMBER}": [1,"#);
    let mut errors = vec![contacts.retrieve(NUMBER).send().await.expect_err("not there")];
    for status in [200, 302, 400, 409, 500] {
        sandbox.fail_next(
            Fault::status(status).header("x-private", NUMBER).header("location", NUMBER).body(private.clone()),
        );
        errors.push(contacts.update(NUMBER).first_name(NAME).send().await.expect_err("a fault"));
    }
    sandbox.fail_next(Fault::status(200).body(cut));
    errors.push(contacts.update(NUMBER).send().await.expect_err("a fault"));
    drop(sandbox);
    errors.push(contacts.retrieve(NUMBER).query("name", NAME).send().await.expect_err("refused"));
    errors.push(contacts.create(format!("{NUMBER}x")).send().await.expect_err("not a number"));
    let broken = crate::server::Server::bytes("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"Canary").await;
    let contacts = broken.client().build().expect("valid").contacts();
    errors.push(contacts.retrieve(NUMBER).send().await.expect_err("broken"));

    assert_eq!(errors.len(), 10);
    for error in errors {
        let text = printed(&error);
        for private in [KEY, SECRET, DIGITS, "Lovelace", "Canary"] {
            assert!(!text.contains(private), "shows {private}: {text}");
        }
    }
}

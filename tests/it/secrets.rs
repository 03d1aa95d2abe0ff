//! `Debug`, `Display` and error sources contain no keys, phone numbers or bodies.

use std::{collections::BTreeSet, error::Error as _, fs, path::Path, time::Duration};

use sendblue_contacts::{
    Client, Credentials, Error, ErrorKind, NewContact,
    jobs::ImportClass,
    sandbox::{Fault, Sandbox},
};
use serde_json::json;
use syn::visit::{self, Visit};

const KEY: &str = "canary-key-id";
const SECRET: &str = "canary-secret-key";
const NUMBER: &str = "+14155559876";
/// [`NUMBER`] without the plus sign, which may be percent-encoded.
const DIGITS: &str = "14155559876";
/// Numbers to import.
const NUMBER2: &str = "+14155559877";
const NUMBER3: &str = "+14155559878";
const NAME: &str = "Canary Lovelace";

/// The `Debug` output of each public type that may hold private data.
async fn debug_output() -> Vec<(&'static str, String)> {
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
    let new = |number| NewContact::new(number).map(|new| new.first_name(NAME).company_name("canary").tags(["canary"]));
    let import = || contacts.import([NUMBER2, NUMBER2, "canary", NUMBER3].map(new)).settle_delay(Duration::ZERO);
    let mut job = import().chunk_size(3).concurrency(1).journal(std::env::temp_dir().join("canary/journal")).start();
    let journal = job.next().await.expect("an item").expect_err("a folder that does not exist");
    assert_eq!(journal.kind(), ErrorKind::Journal);
    job = import().chunk_size(3).concurrency(1).start();
    let mut reports = Vec::new();
    while let Some(Ok(report)) = job.next().await {
        reports.push(report);
    }
    let items = || reports.iter().flat_map(|report| &report.items);
    let classes: String = items().map(|item| format!("{} {:#?}\n", item.class, item.class)).collect();
    let reasons: String = items()
        .filter_map(|item| match &item.class {
            ImportClass::Rejected(reason) | ImportClass::Unknown(reason) => Some(format!("{reason} {reason:#?}\n")),
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
        ("contacts::bulk::BulkContacts", format!("{:#?}", contacts.bulk())),
        ("jobs::job::Job", format!("{:#?} {:#?}", import(), contacts.remove([NUMBER, "canary"]))),
        ("jobs::class::ImportClass", classes),
        ("jobs::report::ChunkReport", format!("{reports:#?}")),
        ("jobs::report::ItemReport", format!("{:#?}", reports.first().map(|report| &report.items))),
        ("jobs::reason::Reason", reasons),
        ("jobs::summary::Summary", format!("{:#?} {}", job.summary(), job.summary())),
        ("jobs::progress::Progress", format!("{:#?} {}", job.progress(), job.progress())),
        ("jobs::running::RunningJob", format!("{job:#?}")),
        (
            "credentials::Credentials",
            format!("{credentials:#?} {:#?} {provider:#?}", Credentials::bearer(KEY).expect("valid")),
        ),
        (
            "error::Error",
            format!("{journal:#?} {journal} {error:#?} {error} {:#?}", contacts.retrieve("canary").send().await),
        ),
        ("stream::contact_stream::ContactStream", format!("{stream:#?}")),
        (
            "stream::contact_pages::ContactPages",
            format!("{:#?}", contacts.list().phone_number(NUMBER).pages().prefetch(false)),
        ),
        ("stream::cursor::Cursor", format!("{:#?}", stream.cursor())),
        ("request::Request", format!("{request:#?} {:#?}", contacts.delete("canary"))),
        ("response::Response", format!("{response:#?}")),
        ("sandbox::handle::Sandbox", format!("{sandbox:#?}")),
        ("sandbox::builder::SandboxBuilder", sandbox_builder),
        ("sandbox::fault::Fault", format!("{fault:#?}")),
        ("sandbox::received_request::ReceivedRequest", format!("{:#?}", sandbox.requests())),
    ]
}

/// The public types that may derive `Debug`, with the reason.
const EXEMPT: &[(&str, &str)] = &[
    // Data of the caller, which the crate itself never prints.
    ("phone::PhoneNumber", "a model"),
    ("generated::types::Contact", "a model"),
    ("generated::types::NewContact", "a model"),
    ("generated::types::OptOut", "a model"),
    // Parameters of an operation. They are inside a `Request`, whose `Debug` omits them.
    ("request::endpoint::Endpoint", "parameters"),
    ("contacts::bulk_create::CreateContacts", "parameters"),
    ("contacts::bulk_delete::DeleteContacts", "parameters"),
    ("contacts::count::CountContacts", "parameters"),
    ("contacts::create::CreateContact", "parameters"),
    ("contacts::delete::DeleteContact", "parameters"),
    ("contacts::list::ListContacts", "parameters"),
    ("contacts::opt_out::OptOutContact", "parameters"),
    ("contacts::retrieve::RetrieveContact", "parameters"),
    ("contacts::update::UpdateContact", "parameters"),
    ("contacts::verify::VerifyContact", "parameters"),
    // Private types, never printed.
    ("lenient::Undocumented", "not exported; the body of an undocumented endpoint, which the crate never prints"),
    ("error::input::InvalidInput", "not exported; a field and a problem without the value"),
    ("jobs::class::CommonClass", "not exported; as `ImportClass`"),
    ("jobs::counts::ClassCounts", "not exported; numbers"),
    ("jobs::journal::format::RecordedClass", "not exported; a label"),
    ("captured_request::CapturedRequest", "not exported; its `Debug` omits the request"),
    ("generated::Client", "not exported"),
    ("generated::types::ContactCount", "not exported"),
    ("generated::types::ContactResponse", "not exported"),
    ("generated::types::CreateContact", "not exported"),
    ("generated::types::CreateContacts", "not exported"),
    ("generated::types::CreatedContacts", "not exported"),
    ("generated::types::DeleteContacts", "not exported"),
    ("generated::types::DeletedContacts", "not exported"),
    ("generated::types::OptOutContact", "not exported"),
    ("generated::types::StatusResponse", "not exported"),
    ("generated::types::UpdateContact", "not exported"),
    ("generated::types::VerifyContact", "not exported"),
    ("retry::RetryClass", "not exported; one of four names"),
    ("call::path::ExpectedPath", "not exported; a path template"),
    ("route::Route", "not exported; taken from the document"),
    // Names and numbers of the API, and terms of this crate.
    ("jobs::class::RemoveClass", "no data but that of `Reason`, which is checked"),
    ("jobs::import::Import", "a setting"),
    ("jobs::remove::Remove", "no fields"),
    ("jobs::run_error::RunError", "an `Error` and a `Summary`, which are checked"),
    ("jobs::stop::StopHandle", "a flag"),
    ("generated::types::error::ConversionError", "a fixed message"),
    ("contacts::list::OrderBy", "the name of a property"),
    ("error::kind::ErrorKind", "a name"),
    ("outcome::Outcome", "one of four names"),
    ("phone::error::ParsePhoneNumberError", "the problem without the text"),
    ("generated::types::OrderDirection", "one of two names"),
    ("rate_limit::RateLimitExceeded", "a duration"),
    ("rate_limit::sliding_window::SlidingWindow", "a number and a duration"),
    ("sandbox::settings::BulkExisting", "one of three names"),
    ("sandbox::settings::OffsetAboveCap", "one of two names"),
    ("sandbox::settings::Undated", "one of two names"),
    ("transport::attempt::Attempt", "a deadline and two flags"),
    ("transport::attempt::Phase", "one of two names"),
    ("transport::body::Body", "its `Debug` omits the content"),
    ("transport::error::TransportError", "a kind, and the source that the transport of the caller provides"),
];

#[tokio::test]
async fn debug_output_contains_no_private_data() {
    for (name, text) in debug_output().await {
        for private in [KEY, SECRET, NUMBER, DIGITS, "141555598", NAME, "canary", "Canary"] {
            assert!(!text.contains(private), "`Debug` of {name} prints {private}:\n{text}");
        }
    }
}

#[tokio::test]
async fn every_public_type_is_checked_or_exempt() {
    let checked: BTreeSet<String> = debug_output().await.into_iter().map(|(name, _)| name.to_owned()).collect();
    let exempt = EXEMPT.iter().map(|(name, _)| (*name).to_owned());
    let known: BTreeSet<String> = checked.into_iter().chain(exempt).collect();

    let mut types = PublicTypes::default();
    types.read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "");
    types.read_file(Path::new(concat!(env!("OUT_DIR"), "/client.rs")), "generated");
    let found: BTreeSet<String> = types.found.into_iter().collect();

    assert!(found.contains("generated::types::Contact"), "the generated client was not parsed");
    let unknown: Vec<_> = found.difference(&known).collect();
    assert!(unknown.is_empty(), "neither checked nor exempt: {unknown:#?}; add them to `debug_output` or `EXEMPT`");
    let stale: Vec<_> = known.difference(&found).collect();
    assert!(stale.is_empty(), "not public types any more: {stale:#?}; remove them");
}

/// Collects the paths of `pub` structs and enums from source files.
#[derive(Default)]
struct PublicTypes {
    module: Vec<String>,
    found: Vec<String>,
}

impl PublicTypes {
    fn read_folder(&mut self, folder: &Path, module: &str) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("UTF-8").to_owned();
            let module = if module.is_empty() { stem.clone() } else { format!("{module}::{stem}") };
            if path.is_dir() {
                // The compiled client in `OUT_DIR` is read instead of its snapshot.
                if stem != "generated" {
                    self.read_folder(&path, &module);
                }
            } else if stem != "lib" && path.extension().is_some_and(|extension| extension == "rs") {
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

impl<'ast> Visit<'ast> for PublicTypes {
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

/// Returns what an error and its sources print.
pub(crate) fn printed_with_sources(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(source) = cause {
        text += &format!(" {source} {source:?}");
        cause = source.source();
    }
    text
}

#[tokio::test]
async fn errors_and_their_sources_print_no_private_data() {
    let sandbox = Sandbox::builder().credentials(KEY, SECRET).start().expect("a sandbox");
    let client = sandbox.client().expect("a client");
    let contacts = client.contacts();
    let private = format!(r#"{{"message": "{NAME}", "contact": "{NUMBER}", "contacts": {{"{NAME}": 1}}}}"#);
    let truncated = format!(r#"{{"{NAME} {NUMBER}": [1,"#);
    let mut errors = vec![contacts.retrieve(NUMBER).send().await.expect_err("a 404")];
    for status in [200, 302, 400, 409, 500] {
        sandbox.fail_next(
            Fault::status(status).header("x-private", NUMBER).header("location", NUMBER).body(private.clone()),
        );
        errors.push(contacts.update(NUMBER).first_name(NAME).send().await.expect_err("a fault"));
    }
    sandbox.fail_next(Fault::status(200).body(truncated));
    errors.push(contacts.update(NUMBER).send().await.expect_err("a fault"));
    drop(sandbox);
    errors.push(contacts.retrieve(NUMBER).query("name", NAME).send().await.expect_err("refused"));
    errors.push(contacts.create(format!("{NUMBER}x")).send().await.expect_err("an invalid number"));
    let truncating =
        crate::server::Server::send_and_close("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"Canary").await;
    let contacts = truncating.client().build().expect("valid").contacts();
    errors.push(contacts.retrieve(NUMBER).send().await.expect_err("a truncated body"));

    assert_eq!(errors.len(), 10);
    for error in errors {
        let text = printed_with_sources(&error);
        for private in [KEY, SECRET, DIGITS, "Lovelace", "Canary"] {
            assert!(!text.contains(private), "prints {private}: {text}");
        }
    }
}

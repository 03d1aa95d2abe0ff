//! A program and its tests, which run against a sandbox instead of the service.
//!
//! ```sh
//! cargo test --example test_your_app   # runs the tests below
//! cargo run --example test_your_app    # runs the program against a sandbox
//! ```

use std::error::Error as StdError;

use sendblue_contacts::{Client, Error, Outcome, PhoneNumber, sandbox::Sandbox};

/// The part of a program that uses contacts. A test passes the client of a sandbox.
struct Signup {
    client: Client,
}

/// The result of a signup.
#[derive(Debug, PartialEq)]
enum SignupResult {
    Done,
    /// The number has opted out of messages.
    OptedOut,
    /// Whether the contact exists is unknown. A person has to check.
    Unknown,
}

impl Signup {
    async fn sign_up(&self, number: &PhoneNumber, name: &str) -> Result<SignupResult, Error> {
        let contacts = self.client.contacts();
        match contacts.create(number).first_name(name).tags(["signup"]).update_if_exists(true).send().await {
            Ok(contact) if contact.opt_out == Some(true) => Ok(SignupResult::OptedOut),
            Ok(_) => Ok(SignupResult::Done),
            Err(error) if error.outcome() == Outcome::Unknown => Ok(SignupResult::Unknown),
            Err(error) => Err(error),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let sandbox = Sandbox::start()?;
    let signup = Signup { client: sandbox.client()? };
    let result = signup.sign_up(&"+14155550100".parse()?, "Ada").await?;
    println!("{result:?}; the sandbox has {} contact", sandbox.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use sendblue_contacts::sandbox::Fault;

    use super::*;

    fn set_up() -> (Sandbox, Signup, PhoneNumber) {
        let sandbox = Sandbox::start().expect("a free port");
        let client = sandbox.client().expect("a client");
        (sandbox, Signup { client }, "+14155550100".parse().expect("a number"))
    }

    #[tokio::test]
    async fn a_signup_creates_a_contact_with_the_tag() {
        let (sandbox, signup, ada) = set_up();
        assert_eq!(signup.sign_up(&ada, "Ada").await.expect("no failure"), SignupResult::Done);
        assert_eq!(sandbox.contact("+14155550100").expect("created")["tags"][0], "signup");
    }

    #[tokio::test]
    async fn a_number_that_opted_out_stays_opted_out() {
        let (_sandbox, signup, ada) = set_up();
        signup.client.contacts().opt_out(&ada).send().await.expect("no failure");
        assert_eq!(signup.sign_up(&ada, "Ada").await.expect("no failure"), SignupResult::OptedOut);
    }

    #[tokio::test]
    async fn a_504_has_an_unknown_result() {
        let (sandbox, signup, ada) = set_up();
        // The client retries an upsert twice, because an upsert is safe to repeat. All three attempts fail.
        sandbox.fail_next(Fault::status(504).apply_request(true).times(3));
        assert_eq!(signup.sign_up(&ada, "Ada").await.expect("no error"), SignupResult::Unknown);
        assert_eq!(sandbox.len(), 1, "the service carried out the request");
    }
}

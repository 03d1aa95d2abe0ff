//! A service of yours and its tests, which run against a sandbox instead of the service.
//!
//! ```sh
//! cargo test --example test_your_app   # runs the tests below
//! cargo run --example test_your_app    # runs the program, against a sandbox too
//! ```

use std::error::Error as StdError;

use sendblue_contacts::{Client, Error, Outcome, PhoneNumber, sandbox::Sandbox};

/// What your program does with contacts. It takes the client, so that a test can pass another.
struct Signup {
    client: Client,
}

/// What became of a signup.
#[derive(Debug, PartialEq)]
enum Signed {
    Up,
    /// The number has opted out of messages, and is left alone.
    OptedOut,
    /// Somebody has to look: the contact may be there or not.
    Unclear,
}

impl Signup {
    async fn sign_up(&self, number: &PhoneNumber, name: &str) -> Result<Signed, Error> {
        let contacts = self.client.contacts();
        match contacts.create(number).first_name(name).tags(["signup"]).update_if_exists(true).send().await {
            Ok(contact) if contact.opt_out == Some(true) => Ok(Signed::OptedOut),
            Ok(_) => Ok(Signed::Up),
            Err(error) if error.outcome() == Outcome::Unknown => Ok(Signed::Unclear),
            Err(error) => Err(error),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let sandbox = Sandbox::start()?;
    let signup = Signup { client: sandbox.client()? };
    let signed = signup.sign_up(&"+14155550100".parse()?, "Ada").await?;
    println!("{signed:?}; the sandbox has {} contact", sandbox.len());
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
    async fn a_signup_creates_the_contact() {
        let (sandbox, signup, ada) = set_up();
        assert_eq!(signup.sign_up(&ada, "Ada").await.expect("no failure"), Signed::Up);
        assert_eq!(sandbox.contact("+14155550100").expect("created")["tags"][0], "signup");
    }

    #[tokio::test]
    async fn whoever_opted_out_is_left_alone() {
        let (_sandbox, signup, ada) = set_up();
        signup.client.contacts().opt_out(&ada).send().await.expect("no failure");
        assert_eq!(signup.sign_up(&ada, "Ada").await.expect("no failure"), Signed::OptedOut);
    }

    #[tokio::test]
    async fn a_failure_that_proves_nothing_is_not_taken_for_one() {
        let (sandbox, signup, ada) = set_up();
        // An upsert is safe to send again, and is: three attempts fail.
        sandbox.fail_next(Fault::status(504).applied(true).times(3));
        assert_eq!(signup.sign_up(&ada, "Ada").await.expect("no error"), Signed::Unclear);
        assert_eq!(sandbox.len(), 1, "it was carried out all the same");
    }
}

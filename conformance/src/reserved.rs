//! The values that the suite sends. A report or a recording shows no other values of an account.

use sendblue_contacts::NewContact;

/// The tag of every contact that the suite creates.
pub const TAG: &str = "sendblue-contacts-conformance";

pub const ADA: &str = "+14155550145";
pub const GRACE: &str = "+14155550146";
pub const KATHERINE: &str = "+14155550147";
pub const HEDY: &str = "+14155550148";
pub const DOROTHY: &str = "+14155550140";
pub const MARY: &str = "+14155550141";
/// A number for which the suite creates no contact.
pub const UNUSED_NUMBER: &str = "+14155550149";
/// A number in E.164 form that no phone can have, because no area code starts with 0.
pub const IMPOSSIBLE_NUMBER: &str = "+1000";

/// The only numbers whose contacts the suite creates, changes or deletes. The range 555-0100 to 555-0199 is fictional.
pub const NUMBERS: [&str; 8] = [ADA, GRACE, KATHERINE, HEDY, DOROTHY, MARY, UNUSED_NUMBER, IMPOSSIBLE_NUMBER];

/// A time after the creation of every contact.
pub const FAR_FUTURE: &str = "2999-01-01T00:00:00Z";

/// A key id and a secret key that no account has.
pub const WRONG_KEYS: [&str; 2] = ["no-such-key-id", "no-such-secret-key"];

/// Property values of the contacts.
pub const AUGUSTA: &str = "Augusta";
pub const ANOTHER: &str = "Another";
pub const COMPANY: &str = "Analytical Engines";
pub const FIRST_TAG: &str = "first";
pub const SECOND_TAG: &str = "second";
pub const PLAN: (&str, &str) = ("Plan", "Gold");
pub const COLOUR: (&str, &str) = ("Colour", "Green");
pub const NAMES: [(&str, &str); 6] = [
    ("Ada", "Lovelace"),
    ("Grace", "Hopper"),
    ("Katherine", "Johnson"),
    ("Hedy", "Lamarr"),
    ("Dorothy", "Vaughan"),
    ("Mary", "Jackson"),
];

/// Creates a contact with a reserved number.
pub fn new(phone: &str) -> NewContact {
    NewContact::new(phone).expect("a reserved number is in E.164 form")
}

//! All that the suite itself sends: nothing else of an account is anybody's to show.

/// Marks every contact that the suite creates.
pub(crate) const TAG: &str = "sendblue-contacts-conformance";

pub(crate) const ADA: &str = "+14155550145";
pub(crate) const GRACE: &str = "+14155550146";
pub(crate) const KATHERINE: &str = "+14155550147";
pub(crate) const HEDY: &str = "+14155550148";
pub(crate) const DOROTHY: &str = "+14155550140";
pub(crate) const MARY: &str = "+14155550141";
/// Never has a contact.
pub(crate) const NOBODY: &str = "+14155550149";
/// In E.164 form, but no number that anybody could have: no area code begins with a zero.
pub(crate) const NO_NUMBER: &str = "+1000";

/// No other numbers are ever created, changed or deleted. Those in the range 555-0100 to 555-0199 are fictional.
pub(crate) const NUMBERS: [&str; 8] = [ADA, GRACE, KATHERINE, HEDY, DOROTHY, MARY, NOBODY, NO_NUMBER];

/// After all contacts.
pub(crate) const FAR_FUTURE: &str = "2999-01-01T00:00:00Z";

/// The key id and the secret key of nobody.
pub(crate) const WRONG_KEYS: [&str; 2] = ["no-such-key-id", "no-such-secret-key"];

/// What the contacts have besides.
pub(crate) const AUGUSTA: &str = "Augusta";
pub(crate) const ANOTHER: &str = "Another";
pub(crate) const COMPANY: &str = "Analytical Engines";
pub(crate) const FIRST_TAG: &str = "first";
pub(crate) const SECOND_TAG: &str = "second";
pub(crate) const PLAN: (&str, &str) = ("Plan", "Gold");
pub(crate) const COLOUR: (&str, &str) = ("Colour", "Green");
pub(crate) const NAMES: [(&str, &str); 6] = [
    ("Ada", "Lovelace"),
    ("Grace", "Hopper"),
    ("Katherine", "Johnson"),
    ("Hedy", "Lamarr"),
    ("Dorothy", "Vaughan"),
    ("Mary", "Jackson"),
];

//! The command line.

use sendblue_contacts::PhoneNumber;

pub const USAGE: &str = "\
Usage: conformance [--live [--verify NUMBER]] [--json]

  --live           check the service, with the credentials in the environment (default: a sandbox)
  --verify NUMBER  send a verification message to this contact of the account
  --json           print the report as JSON";

#[derive(Debug, Default)]
pub struct Arguments {
    pub live: bool,
    pub json: bool,
    /// The contact that receives a verification message.
    pub verify: Option<PhoneNumber>,
}

impl Arguments {
    /// Parses the command line, without the program's name.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--live" => parsed.live = true,
                "--json" => parsed.json = true,
                "--verify" => {
                    let number = arguments.next().ok_or("--verify: missing phone number; write --verify NUMBER")?;
                    parsed.verify = Some(number.parse().map_err(|error| format!("--verify: {error}"))?);
                }
                _ => return Err(format!("unknown argument {argument}; use --live, --verify NUMBER or --json")),
            }
        }
        if parsed.verify.is_some() && !parsed.live {
            return Err("--verify: needs --live; in the sandbox, the suite verifies its own contact".into());
        }
        Ok(parsed)
    }
}

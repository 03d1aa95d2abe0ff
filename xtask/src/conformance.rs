//! `cargo xtask conformance`: a service against what the library relies on.

use crate::command::{Failure, example, unknown, value};

pub const HELP: &str = "
  conformance [--live] [--verify NUMBER] [--json]
      Runs scenarios over all operations, against a sandbox, and prints what was expected and seen, the answers to what
      nobody knows of the service, and drift: what openapi.yaml does not say of an answer. Fails if something differs.

      --live           Against the service, with the credentials of the environment. It creates contacts with fictional
                       numbers and a tag of its own, and removes them; of others it shows nothing and changes nothing.
      --verify NUMBER  With --live: send this contact of yours a verification message. Without it, nobody gets one.
      --json           Print all of it for programs.
";

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut live = false;
    let mut options = arguments.iter();
    while let Some(argument) = options.next() {
        match argument.as_str() {
            "--live" => live = true,
            "--json" => {}
            "--verify" => drop(value(argument, &mut options)?),
            other => return Err(unknown("conformance", other, "--live, --verify NUMBER, --json")),
        }
    }
    // The service is reached over TLS, which needs a feature.
    let options: &[&str] = match live {
        true => &["--quiet", "--features", "sandbox"],
        false => &["--quiet", "--no-default-features", "--features", "sandbox"],
    };
    example("conformance", options, arguments)
}

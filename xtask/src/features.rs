//! `cargo xtask features`: does the library build with each set of its features?

use serde_json::Value;

use crate::command::{Failure, cargo, not_run, unknown};

pub const HELP: &str = "
  features [--list]
      Checks the library with each set of its features, without the default ones; warnings are errors. `codegen` says where
      the generated code comes from, not what it is: it is added to the smallest and to the largest set alone. Sets with
      `native-tls` are left out where there is no OpenSSL to build it with.

      --list  Print the sets instead.
";

pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let sets = sets(&features()?);
    match arguments {
        [] => {}
        [list] if list == "--list" => {
            sets.iter().for_each(|set| println!("{}", set.join(",")));
            return Ok(());
        }
        [other, ..] => return Err(unknown("features", other, "--list")),
    }
    let has_openssl = cfg!(not(target_os = "linux"))
        || std::process::Command::new("pkg-config")
            .args(["--exists", "openssl"])
            .status()
            .is_ok_and(|status| status.success());
    let (sets, left_out): (Vec<_>, Vec<_>) =
        sets.into_iter().partition(|set| has_openssl || !set.iter().any(|feature| feature == "native-tls"));
    for set in &sets {
        check(&set.join(","))?;
    }
    println!("{} sets of features build", sets.len());
    if !left_out.is_empty() {
        println!("{} with native-tls were left out, since there is no OpenSSL here", left_out.len());
    }
    Ok(())
}

/// All features of the library but `default`.
fn features() -> Result<Vec<String>, Failure> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .map_err(|error| not_run("cargo", &error))?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| Failure::Task(format!("cargo metadata: {error}")))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let library = packages.into_iter().find(|package| package["name"] == "sendblue-contacts");
    let features = library.and_then(|library| library["features"].as_object());
    let names = features.into_iter().flatten().map(|(name, _)| name.clone());
    let names: Vec<String> = names.filter(|name| name != "default").collect();
    if names.is_empty() {
        return Err(Failure::Task("cargo metadata knows no features of sendblue-contacts.".into()));
    }
    Ok(names)
}

/// All sets of features that are worth a build of their own.
fn sets(features: &[String]) -> Vec<Vec<String>> {
    const CODEGEN: &str = "codegen";

    let others: Vec<String> = features.iter().filter(|feature| *feature != CODEGEN).cloned().collect();
    let mut sets = powerset(&others);
    sets.extend([vec![CODEGEN.to_owned()], [others.as_slice(), &[CODEGEN.to_owned()]].concat()]);
    sets
}

fn powerset(features: &[String]) -> Vec<Vec<String>> {
    features.iter().fold(vec![Vec::new()], |mut sets, feature| {
        let with: Vec<_> = sets.iter().map(|set| [set.as_slice(), std::slice::from_ref(feature)].concat()).collect();
        sets.extend(with);
        sets
    })
}

fn check(features: &str) -> Result<(), Failure> {
    let arguments = ["check", "--quiet", "--lib", "--no-default-features", "--features", features];
    let output = cargo().args(arguments).output().map_err(|error| not_run("cargo", &error))?;
    // All that a quiet cargo says is errors and warnings.
    if output.status.success() && output.stderr.is_empty() {
        return Ok(());
    }
    Err(Failure::Task(format!(
        "{}\nthe library does not build as it should with these features.\n    remedy: see what `cargo {}` says",
        String::from_utf8_lossy(&output.stderr).trim_end(),
        arguments.join(" ")
    )))
}

#[cfg(test)]
mod tests {
    use super::{powerset, sets};

    #[test]
    fn each_set_is_there_once() {
        let features = ["a", "b", "c"].map(String::from);
        let mut sets: Vec<String> = powerset(&features).iter().map(|set| set.concat()).collect();
        sets.sort();
        assert_eq!(sets, ["", "a", "ab", "abc", "ac", "b", "bc", "c"]);
    }

    #[test]
    fn codegen_is_added_to_the_smallest_and_the_largest() {
        let features = ["a", "codegen", "b"].map(String::from);
        let sets: Vec<String> = sets(&features).iter().map(|set| set.join(",")).collect();
        assert_eq!(sets, ["", "a", "b", "a,b", "codegen", "a,b,codegen"]);
    }
}

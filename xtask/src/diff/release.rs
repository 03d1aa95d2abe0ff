//! The next version and the draft for the changelog.

use semver::Version;

use super::changes::{Change, Effect, Kind};

/// Reads the version of a package from its manifest.
pub fn version(manifest: &str) -> Option<Version> {
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = "))?;
    Version::parse(line.trim().trim_matches('"')).ok()
}

/// Returns the lowest version that may follow. For cargo, a change of the first nonzero number is breaking.
pub fn next(version: &Version, effect: Effect) -> Version {
    let Version { major, minor, patch, .. } = *version;
    match (effect, major, minor) {
        (Effect::Breaking, 0, 0) => Version::new(0, 0, patch + 1),
        (Effect::Breaking, 0, _) => Version::new(0, minor + 1, 0),
        (Effect::Breaking, ..) => Version::new(major + 1, 0, 0),
        (Effect::Addition, 1.., _) => Version::new(major, minor + 1, 0),
        _ => Version::new(major, minor, patch + 1),
    }
}

pub fn advice(effect: Effect, version: Option<&Version>) -> String {
    let bump = match effect {
        Effect::Breaking => {
            "a major release; before 1.0 a minor one, since cargo takes 0.2 to be incompatible with 0.1"
        }
        Effect::Addition => "a minor release; before 1.0 a patch, since cargo takes 0.1.1 to be compatible with 0.1.0",
        Effect::Neutral => "a patch",
    };
    let versions =
        version.map_or_else(String::new, |version| format!(" {version} is followed by {}.", next(version, effect)));
    format!("The next release is {bump}.{versions}\n")
}

/// Drafts the changelog's entries in the form of Keep a Changelog.
pub fn changelog(changes: &[Change]) -> String {
    let mut text = String::new();
    for (kind, heading) in [(Kind::Added, "Added"), (Kind::Changed, "Changed"), (Kind::Removed, "Removed")] {
        let seen = changes.iter().filter(|change| change.kind == kind && change.effect != Effect::Neutral);
        let lines: String = seen
            .map(|change| {
                let breaking = if change.effect == Effect::Breaking { "**Breaking:** " } else { "" };
                format!("- {breaking}`{}`: {}.\n", change.subject, change.what)
            })
            .collect();
        if !lines.is_empty() {
            text += &format!("\n### {heading}\n\n{lines}");
        }
    }
    if text.is_empty() { "CHANGELOG.md needs no entry.\n".to_owned() } else { format!("\nFor CHANGELOG.md:\n{text}") }
}

#[cfg(test)]
mod tests {
    use super::{Effect, Version, next};

    #[test]
    fn the_next_version_follows_cargos_rules() {
        use Effect::{Addition, Breaking, Neutral};
        for (from, effect, to) in [
            ("0.1.0", Breaking, "0.2.0"),
            ("0.1.0", Addition, "0.1.1"),
            ("0.1.3", Neutral, "0.1.4"),
            ("0.0.3", Breaking, "0.0.4"),
            ("0.0.3", Addition, "0.0.4"),
            ("1.2.3", Breaking, "2.0.0"),
            ("1.2.3", Addition, "1.3.0"),
            ("1.2.3", Neutral, "1.2.4"),
        ] {
            let version = Version::parse(from).expect("a version");
            assert_eq!(next(&version, effect).to_string(), to, "{from} {effect:?}");
        }
    }
}

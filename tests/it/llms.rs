//! Checks that `llms.txt`, the map of the documentation for language models, has no broken link.

use std::{collections::BTreeSet, fs, path::Path};

use syn::{Item, UseTree, Visibility};

const DOCS: &str = "https://docs.rs/sendblue-contacts/latest/sendblue_contacts/";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn items(file: &str) -> Vec<Item> {
    let text = fs::read_to_string(root().join(file)).expect(file);
    syn::parse_file(&text).expect(file).items
}

/// Returns the target of each link in the list items of `llms.txt`.
fn links() -> Vec<&'static str> {
    let lines = include_str!("../../llms.txt").lines().filter(|line| line.starts_with("- "));
    let target = |line: &'static str| line.split_once("](")?.1.split_once("): ").map(|(target, _)| target);
    lines.map(|line| target(line).unwrap_or_else(|| panic!("not `- [name](link): text`: {line}"))).collect()
}

/// Returns the public names of a file of src/: its public items and re-exports.
fn public_names(file: &str) -> BTreeSet<String> {
    fn add(tree: &UseTree, names: &mut BTreeSet<String>) {
        match tree {
            UseTree::Path(path) => add(&path.tree, names),
            UseTree::Group(group) => group.items.iter().for_each(|tree| add(tree, names)),
            UseTree::Name(name) => names.extend([name.ident.to_string()]),
            UseTree::Rename(rename) => names.extend([rename.rename.to_string()]),
            UseTree::Glob(_) => {}
        }
    }

    let is_public = |visibility: &Visibility| matches!(visibility, Visibility::Public(_));
    let mut names = BTreeSet::new();
    for item in items(file) {
        match item {
            Item::Use(item) if is_public(&item.vis) => add(&item.tree, &mut names),
            Item::Trait(item) if is_public(&item.vis) => names.extend([item.ident.to_string()]),
            Item::Struct(item) if is_public(&item.vis) => names.extend([item.ident.to_string()]),
            Item::Enum(item) if is_public(&item.vis) => names.extend([item.ident.to_string()]),
            _ => {}
        }
    }
    names
}

#[test]
fn llms_txt_links_every_guide_once() {
    let linked: Vec<String> = links()
        .into_iter()
        .filter_map(|link| link.strip_prefix(DOCS)?.strip_prefix("guide/")?.strip_suffix("/index.html"))
        .map(str::to_owned)
        .collect();
    let guides: BTreeSet<String> = items("src/guide.rs")
        .into_iter()
        .filter_map(|item| match item {
            Item::Mod(item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(linked.iter().cloned().collect::<BTreeSet<_>>(), guides);
    assert_eq!(linked.len(), guides.len(), "llms.txt links a guide twice");
}

#[test]
fn relative_links_of_llms_txt_lead_to_files() {
    let relative: Vec<_> = links().into_iter().filter(|link| !link.contains("://")).collect();
    assert!(relative.len() > 5, "llms.txt has only {} relative links", relative.len());
    for link in relative {
        assert!(root().join(link).is_file(), "llms.txt links {link}, which does not exist");
    }
}

#[test]
fn types_in_llms_txt_are_exported() {
    let mut types = 0;
    for link in links().into_iter().filter_map(|link| link.strip_prefix(DOCS)) {
        let (module, page) = link.rsplit_once('/').unwrap_or(("", link));
        let Some((kind, name)) = page.strip_suffix(".html").and_then(|page| page.split_once('.')) else {
            assert!(module.starts_with("guide/"), "llms.txt links {link}, which is neither a guide nor a type");
            continue;
        };
        let file = if module.is_empty() { "src/lib.rs".to_owned() } else { format!("src/{module}.rs") };
        assert!(["struct", "enum", "trait"].contains(&kind), "{link}");
        assert!(public_names(&file).contains(name), "llms.txt links {link}, but {file} does not export `{name}`");
        types += 1;
    }
    assert!(types > 10, "llms.txt links only {types} types");
}

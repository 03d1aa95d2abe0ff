//! Modules import downward only, in the order that DESIGN.md draws.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Item, UseTree, visit::Visit};

/// The heading of the section of DESIGN.md whose code block lists the modules, from the top down.
const HEADING: &str = "## Which modules may import which?";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An import: the module that names the other one, and the file where it does.
type Imports = BTreeSet<(Vec<String>, Vec<String>, PathBuf)>;

/// Returns the rank of each top-level module: 0 for the top. Modules on one line have the same rank.
fn ranks() -> BTreeMap<String, usize> {
    let design = fs::read_to_string(root().join("DESIGN.md")).expect("DESIGN.md");
    let section = design.split(HEADING).nth(1).expect("the section of the modules");
    let block = section.split("```").nth(1).expect("a code block");
    let mut ranks = BTreeMap::new();
    for (rank, line) in block.lines().skip(1).enumerate() {
        let names = line.split("  ").next().expect("the first column");
        for name in names.split(", ").filter(|name| !name.is_empty()) {
            assert_eq!(ranks.insert(name.to_owned(), rank), None, "DESIGN.md lists `{name}` twice");
        }
    }
    ranks
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Returns the module of a file of src/: `src/jobs/chunk.rs` is `jobs::chunk`. The snapshot is the body of `generated`.
fn module(file: &Path) -> Vec<String> {
    let path = file.strip_prefix(root().join("src")).expect("below src").with_extension("");
    let mut module: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("lib" | "snapshot")) {
        module.pop();
    }
    module
}

/// Collects every path of a file that begins with `crate` or `super`, macros and inline modules included.
struct Paths {
    module: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Paths {
    /// Resolves a path that begins with `crate`, `self` or `super`; other paths lead to other crates or to this module.
    fn add(&mut self, segments: &[String]) {
        let mut base = match segments.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self" | "super") => self.module.clone(),
            _ => return,
        };
        let mut rest = segments;
        while let [first, tail @ ..] = rest {
            match first.as_str() {
                "super" => drop(base.pop()),
                "crate" | "self" => {}
                _ => break,
            }
            rest = tail;
        }
        base.extend_from_slice(rest);
        self.found.push(base);
    }

    fn add_tree(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |name: String| prefix.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => self.add(&with(name.ident.to_string())),
            UseTree::Rename(rename) => self.add(&with(rename.ident.to_string())),
            UseTree::Glob(_) => self.add(prefix),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(prefix, tree)),
        }
    }

    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == ':' => {}
                TokenTree::Group(group) => {
                    self.add(&std::mem::take(&mut path));
                    self.add_tokens(group.stream());
                }
                _ => self.add(&std::mem::take(&mut path)),
            }
        }
        self.add(&path);
    }
}

impl Visit<'_> for Paths {
    fn visit_item_mod(&mut self, module: &syn::ItemMod) {
        self.module.push(module.ident.to_string());
        syn::visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        self.add_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        self.add(&path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &syn::Macro) {
        self.add_tokens(mac.tokens.clone());
    }
}

/// Returns the module behind each name that `lib.rs` re-exports: `Client` is in `client`.
fn reexports() -> BTreeMap<String, String> {
    fn add(tree: &UseTree, module: Option<&str>, names: &mut BTreeMap<String, String>) {
        match (tree, module) {
            (UseTree::Path(path), None) => add(&path.tree, Some(&path.ident.to_string()), names),
            (UseTree::Path(path), Some(module)) => add(&path.tree, Some(module), names),
            (UseTree::Group(group), module) => group.items.iter().for_each(|tree| add(tree, module, names)),
            (UseTree::Name(name), Some(module)) => {
                names.insert(name.ident.to_string(), module.to_owned());
            }
            _ => {}
        }
    }

    let library = fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs");
    let mut names = BTreeMap::new();
    for item in syn::parse_file(&library).expect("Rust").items {
        if let Item::Use(item) = item {
            add(&item.tree, None, &mut names);
        }
    }
    names
}

/// Returns every import between modules of src/, from the text of its files.
fn imports() -> Imports {
    let reexports = reexports();
    let mut imports = Imports::new();
    for file in files(&root().join("src")) {
        let text = fs::read_to_string(&file).expect("a file");
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let module = module(&file);
        if module.is_empty() {
            continue;
        }
        let mut paths = Paths { module: module.clone(), found: Vec::new() };
        paths.visit_file(&syntax);
        for mut path in paths.found {
            if let Some(module) = path.first().and_then(|first| reexports.get(first)) {
                path.insert(0, module.clone());
            }
            imports.insert((module.clone(), path, file.clone()));
        }
    }
    imports
}

/// Returns the imports that do not go down, as `file: importer → imported`.
fn violations(imports: &Imports, ranks: &BTreeMap<String, usize>) -> Vec<String> {
    let mut violations = Vec::new();
    for (importer, imported, file) in imports {
        let ([from, ..], [to, ..]) = (&importer[..], &imported[..]) else { continue };
        let (Some(from_rank), Some(to_rank)) = (ranks.get(from), ranks.get(to)) else { continue };
        if from != to && from_rank >= to_rank {
            violations.push(format!("{}: {from} → {to}", file.display()));
        }
    }
    violations
}

/// Returns a circle of modules with the same parent that import each other, if there is one.
fn circle(imports: &Imports) -> Option<Vec<String>> {
    let mut edges: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (importer, imported, _) in imports {
        let common = importer.iter().zip(imported).take_while(|(a, b)| a == b).count();
        if let (Some(_), Some(_), true) = (importer.get(common), imported.get(common), common > 0) {
            let from = importer[..=common].to_vec();
            edges.entry(from).or_default().insert(imported[..=common].to_vec());
        }
    }
    let modules: Vec<_> = edges.keys().cloned().collect();
    for start in &modules {
        let mut seen = BTreeSet::new();
        let mut open = vec![start.clone()];
        while let Some(module) = open.pop() {
            for next in edges.get(&module).into_iter().flatten().filter(|next| edges.contains_key(*next)) {
                if next == start {
                    return Some(vec![start.join("::"), module.join("::")]);
                }
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
    }
    None
}

#[test]
fn design_lists_every_top_level_module() {
    let listed: BTreeSet<String> = ranks().into_keys().collect();
    let library = fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs");
    let is_file = |item: &syn::ItemMod| item.content.is_none();
    let modules: BTreeSet<String> = syn::parse_file(&library)
        .expect("Rust")
        .items
        .into_iter()
        .filter_map(|item| match item {
            Item::Mod(item) if is_file(&item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(listed, modules);
}

#[test]
fn modules_import_downward_only() {
    let violations = violations(&imports(), &ranks());
    assert!(violations.is_empty(), "imports that do not go down:\n{}", violations.join("\n"));
}

#[test]
fn modules_of_one_room_import_each_other_without_circles() {
    assert_eq!(circle(&imports()), None);
}

#[test]
fn an_upward_import_is_found() {
    let ranks = ranks();
    let (top, bottom) = (vec!["client".to_owned()], vec!["phone".to_owned()]);
    let import = |from: &[String], to: &[String]| Imports::from([(from.to_vec(), to.to_vec(), PathBuf::from("x.rs"))]);
    assert!(violations(&import(&top, &bottom), &ranks).is_empty());
    assert_eq!(violations(&import(&bottom, &top), &ranks), ["x.rs: phone → client"]);
}

#[test]
fn paths_are_found_in_imports_code_macros_and_inline_modules() {
    let mut paths = Paths { module: vec!["jobs".into(), "chunk".into()], found: Vec::new() };
    let code = "
        use crate::{client::Client, error::{Error, Cause as D}};
        use super::report::Summary;
        fn f() -> crate::call::Call { matches!(x, crate::retry::Next::Stop); }
        mod tests { use super::*; use super::super::journal; }
    ";
    paths.visit_file(&syn::parse_file(code).expect("Rust"));
    let found: BTreeSet<String> = paths.found.iter().map(|path| path.join("::")).collect();
    for path in [
        "client::Client",
        "error::Error",
        "error::Cause",
        "jobs::report::Summary",
        "call::Call",
        "retry::Next::Stop",
        "jobs::chunk",
        "jobs::journal",
    ] {
        assert!(found.contains(path), "{path} in {found:?}");
    }
}

//! Checks the code of the guides: each recipe of the cookbook runs as a doctest, and no line is too long.

use std::{collections::BTreeSet, fs, path::Path};

/// The recipes that cannot run as a doctest. For each one, a file with a test that makes the same call.
const NO_RUN: [(&str, &str, &str); 2] = [
    ("Read the keys from the environment", "tests/it/client.rs", "Client::from_env()"),
    ("Trust a private certificate authority", "tests/it/faults.rs", ".root_certificate("),
];

const MAX_COLUMNS: usize = 90;
const MAX_GUIDE_LINES: usize = 120;
const MAX_RECIPE_LINES: usize = 15;
const MIN_RECIPES: usize = 25;

/// A block between two lines of backticks.
struct CodeBlock<'a> {
    /// The text after the first backticks, such as `rust,no_run`.
    info: &'a str,
    lines: Vec<&'a str>,
}

impl CodeBlock<'_> {
    /// Returns whether rustdoc runs the block.
    fn runs(&self) -> bool {
        self.info == "rust"
    }

    /// Returns the number of lines that rustdoc shows.
    fn visible_lines(&self) -> usize {
        let is_hidden = |line: &str| line == "#" || line.starts_with("# ");
        self.lines.iter().filter(|line| !is_hidden(line.trim())).count()
    }
}

/// Splits Markdown into recipes, by the headings of level 2.
fn recipes(text: &str) -> Vec<(&str, Vec<CodeBlock<'_>>)> {
    let mut recipes = Vec::new();
    for section in text.split("\n## ").skip(1) {
        let (title, body) = section.split_once('\n').expect("a body");
        recipes.push((title, code_blocks(body)));
    }
    recipes
}

fn code_blocks(text: &str) -> Vec<CodeBlock<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<CodeBlock<'_>> = None;
    for line in text.lines() {
        match (open.as_mut(), line.strip_prefix("```")) {
            (None, Some(info)) => open = Some(CodeBlock { info, lines: Vec::new() }),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.lines.push(line),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a code block has no end");
    blocks
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the name and the text of each guide.
fn guides() -> Vec<(String, String)> {
    let mut guides = Vec::new();
    for entry in fs::read_dir(root().join("src/guide")).expect("the guides") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        guides.push((name, fs::read_to_string(&path).expect("Markdown")));
    }
    guides
}

#[test]
fn every_recipe_runs_as_a_doctest_or_names_a_test_with_the_same_call() {
    let recipes = recipes(include_str!("../../src/guide/cookbook.md"));
    assert!(recipes.len() >= MIN_RECIPES, "the cookbook has only {} recipes", recipes.len());
    let titles: BTreeSet<&str> = recipes.iter().map(|(title, _)| *title).collect();
    assert_eq!(titles.len(), recipes.len(), "two recipes have the same title");

    let mut no_run = BTreeSet::new();
    for (title, blocks) in &recipes {
        let [block] = &blocks[..] else { panic!("{title}: {} code blocks instead of 1", blocks.len()) };
        let lines = block.visible_lines();
        assert!((1..=MAX_RECIPE_LINES).contains(&lines), "{title}: {lines} visible lines");
        if !block.runs() {
            assert_eq!(block.info, "rust,no_run", "{title}");
            no_run.insert(*title);
        }
    }
    assert_eq!(no_run, NO_RUN.map(|(title, ..)| title).into());
    for (title, file, call) in NO_RUN {
        let test = fs::read_to_string(root().join(file)).expect(file);
        assert!(test.contains(call), "{title}: {file} does not contain `{call}`");
    }
}

#[test]
fn no_code_line_of_a_guide_exceeds_90_columns() {
    for (guide, text) in guides() {
        for line in code_blocks(&text).iter().flat_map(|block| &block.lines) {
            assert!(line.chars().count() <= MAX_COLUMNS, "{guide}: {line}");
        }
    }
}

#[test]
fn every_guide_but_the_cookbook_is_short_and_has_code_that_runs() {
    for (guide, text) in guides() {
        assert!(code_blocks(&text).iter().any(CodeBlock::runs), "{guide} has no code that runs");
        let lines = text.lines().count();
        assert!(guide == "cookbook" || lines <= MAX_GUIDE_LINES, "{guide} has {lines} lines");
    }
}

#[test]
fn visible_lines_exclude_hidden_ones() {
    let text = "\n## Title\n\n```rust\n# hidden\nlet x = 1;\n#     .hidden()\n#\n    #[test]\n```\n";
    let [(title, blocks)] = &recipes(text)[..] else { panic!("not one recipe") };
    assert_eq!((*title, blocks[0].visible_lines()), ("Title", 2));
}

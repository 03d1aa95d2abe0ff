//! What the crate is to cost at the most, and whether it does.

use super::figures::{BY_HAND, Figures, OPENAPI_GENERATOR, OURS, PYTHON, TYPESCRIPT};

/// Something that is to be so.
pub struct Goal {
    pub what: String,
    pub limit: Limit,
    /// `None` if it was not measured.
    pub figure: Option<f64>,
}

#[derive(Clone, Copy)]
pub enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    pub fn verdict(&self) -> &'static str {
        let is_met = |figure| match self.limit {
            Limit::AtMost(most) => figure <= most,
            Limit::AtLeast(least) => figure >= least,
        };
        match self.figure {
            None => "not measured",
            Some(figure) if is_met(figure) => "met",
            Some(_) => "missed",
        }
    }
}

const CASES: [&str; 6] = ["retrieve", "missing", "create", "list-100", "list-1000", "list-1000-given-back"];

pub fn goals(figures: &Figures) -> Vec<Goal> {
    let goal = |what: String, limit, figure| Goal { what, limit, figure };
    let counts = |case| Some((figures.count(case, OURS)?, figures.count(case, BY_HAND)?));
    let instructions = |case| counts(case).map(|(ours, theirs)| ratio(ours.instructions, theirs.instructions));
    // The ratio in the file is the other way round.
    let wall = |case| figures.peer(case, BY_HAND).map(|by_hand| 1.0 / by_hand.wall_ratio);
    let cpu = |case, peer| figures.peer(case, peer).map(|peer| peer.cpu_ratio);

    let mut goals = Vec::new();
    for (case, most) in [("retrieve", 1.05), ("list-1000", 1.02)] {
        goals.push(goal(format!("`{case}`: instructions, to by hand"), Limit::AtMost(most), instructions(case)));
        goals.push(goal(format!("`{case}`: time, to by hand"), Limit::AtMost(most), wall(case)));
    }
    #[expect(clippy::cast_precision_loss, reason = "they are some dozens")]
    let more = counts("retrieve").map(|(ours, theirs)| ours.allocations as f64 - theirs.allocations as f64);
    goals.push(goal("`retrieve`: allocations more than by hand".to_owned(), Limit::AtMost(10.0), more));
    let bytes = counts("list-1000").map(|(ours, theirs)| ratio(ours.bytes, theirs.bytes));
    goals.push(goal("`list-1000`: bytes allocated, to by hand".to_owned(), Limit::AtMost(1.1), bytes));
    for (case, peer, least) in [
        ("retrieve", TYPESCRIPT, 5.0),
        ("retrieve", PYTHON, 7.0),
        ("list-1000", TYPESCRIPT, 1.7),
        ("list-1000", PYTHON, 25.0),
    ] {
        goals.push(goal(
            format!("`{case}`: CPU time of {peer}, to this crate"),
            Limit::AtLeast(least),
            cpu(case, peer),
        ));
    }
    for case in CASES {
        let what = format!("`{case}`: CPU time of {OPENAPI_GENERATOR}, to this crate");
        goals.push(goal(what, Limit::AtLeast(1.0), cpu(case, OPENAPI_GENERATOR)));
    }
    goals
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of counts needs no more")]
pub fn ratio(one: u64, other: u64) -> f64 {
    one as f64 / other as f64
}

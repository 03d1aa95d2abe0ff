//! How far it is, on stderr.

use std::{
    io::{IsTerminal as _, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use sendblue_contacts::contacts::Progress;

/// How often there is a line, where there is no bar.
const PAUSE: Duration = Duration::from_secs(1);

pub enum Shown {
    Bar(ProgressBar),
    Lines(Option<Instant>),
}

impl Shown {
    /// A bar on a terminal; lines in a log.
    pub fn new(total: u64) -> Self {
        if !stderr().is_terminal() {
            return Self::Lines(None);
        }
        let bar = ProgressBar::new(total);
        Self::Bar(match ProgressStyle::with_template("{bar:40} {msg}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    pub fn show(&mut self, progress: &Progress) {
        match self {
            Self::Bar(bar) => {
                bar.set_position(progress.done);
                bar.set_message(progress.to_string());
            }
            Self::Lines(last) if last.is_none_or(|last| last.elapsed() >= PAUSE) => {
                eprintln!("{progress}");
                *last = Some(Instant::now());
            }
            Self::Lines(_) => {}
        }
    }

    /// Something that is to be read now.
    pub fn say(&self, text: &str) {
        match self {
            Self::Bar(bar) => bar.println(text),
            Self::Lines(_) => eprintln!("{text}"),
        }
    }

    /// Makes room for the sums.
    pub fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

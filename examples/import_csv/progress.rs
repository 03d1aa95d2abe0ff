//! Prints the progress to stderr.

use std::{
    io::{IsTerminal as _, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use sendblue_contacts::jobs::Progress;

/// The time between two lines, if stderr is not a terminal.
const INTERVAL: Duration = Duration::from_secs(1);

pub enum ProgressOutput {
    Bar(ProgressBar),
    Lines(Option<Instant>),
}

impl ProgressOutput {
    /// Returns a progress bar on a terminal, or lines otherwise.
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
            Self::Lines(last) if last.is_none_or(|last| last.elapsed() >= INTERVAL) => {
                eprintln!("{progress}");
                *last = Some(Instant::now());
            }
            Self::Lines(_) => {}
        }
    }

    /// Prints a message without disturbing the bar.
    pub fn message(&self, text: &str) {
        match self {
            Self::Bar(bar) => bar.println(text),
            Self::Lines(_) => eprintln!("{text}"),
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

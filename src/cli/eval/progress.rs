//! How far an evaluation has come: a bar where somebody looks, lines where a log is written.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use idv_worker::eval::Summary;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::output;

/// Without a terminal: how often a line is written.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Shows the progress over a known number of images.
pub(super) struct Progress {
    all: usize,
    done: usize,
    bar: Option<ProgressBar>,
    told: Instant,
}

impl Progress {
    pub(super) fn over(all: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(all as u64);
            let style = ProgressStyle::with_template("{bar:40} {pos}/{len}  {msg}  {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { all, done: 0, bar, told: Instant::now() }
    }

    /// Says that the next image is begun.
    pub(super) fn advance(&mut self, summary: &Summary) {
        let sentence = format!("{} of {} zones exact", summary.all.exact, summary.all.zones);
        match &self.bar {
            Some(bar) => {
                bar.set_position(self.done as u64);
                bar.set_message(sentence);
            }
            None if self.told.elapsed() >= BETWEEN_LINES => {
                output::progress(format_args!("{}/{}  {sentence}", self.done, self.all));
                self.told = Instant::now();
            }
            None => {}
        }
        self.done += 1;
    }

    /// Leaves the terminal to the results.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

//! A batch's progress until it ends: a bar where somebody looks, lines where a log is written.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use idv_common::db::batches::{self, Batch, Progress};
use idv_common::db::{self, Conn};
use idv_common::domain::{BatchId, ItemState};
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::Desk;
use crate::cli::output;

/// How often the database is asked.
pub(super) const PERIOD: Duration = Duration::from_millis(500);
/// Without a terminal: how often a line is written at most, unless the batch has ended.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Shows the progress of one batch.
pub(super) struct Display {
    bar: Option<ProgressBar>,
    told: Option<(Instant, String)>,
}

impl Display {
    /// A bar if standard error is a terminal.
    pub(super) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{bar:40} {pos}/{len}  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, told: None }
    }

    /// Shows how the batch stands.
    pub(super) fn show(&mut self, batch: &Batch, progress: &Progress) {
        let text = sentence(batch, progress);
        if let Some(bar) = &self.bar {
            bar.set_length(batch.total.try_into().unwrap_or(0));
            bar.set_position(progress.finished.try_into().unwrap_or(0));
            bar.set_message(text);
            if batch.status.is_finished() {
                bar.abandon();
            }
            return;
        }
        let line = format!("{}/{}  {text}", progress.finished, batch.total);
        let is_due = match &self.told {
            None => true,
            Some((_, before)) if *before == line => false,
            Some((at, _)) => at.elapsed() >= BETWEEN_LINES || batch.status.is_finished(),
        };
        if is_due {
            output::progress(&line);
            self.told = Some((Instant::now(), line));
        }
    }
}

fn sentence(batch: &Batch, progress: &Progress) -> String {
    let mut text = batch.status.to_string();
    if let Some(rate) = progress.per_minute {
        text.push_str(&format!(", {rate:.1}/min"));
    }
    if let (Some(rate), false) = (progress.per_minute, batch.status.is_finished()) {
        let minutes = (batch.total - progress.finished).max(0) as f64 / rate;
        text.push_str(&format!(", {} left", duration(minutes * 60.0)));
    }
    let failed = progress.counts.get(&ItemState::Failed).copied().unwrap_or(0);
    if failed > 0 {
        text.push_str(&format!(", {failed} failed"));
    }
    text
}

fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// How a batch stands.
pub(super) async fn look(desk: &Desk, id: &BatchId) -> anyhow::Result<(Batch, Progress)> {
    let (tenant, wanted) = (desk.tenant.clone(), id.clone());
    let read = move |conn: &mut Conn| {
        let Some(batch) = batches::get(conn, &tenant, &wanted)? else { return Ok::<_, db::Error>(None) };
        let now = db::now(conn)?;
        let progress = batches::progress(conn, &batch, now)?;
        Ok(Some((batch, progress)))
    };
    desk.ctx.db.read(read).await?.ok_or_else(|| super::not_found(id))
}

/// Shows a batch's progress until it has ended; `None` if the process is told to stop before.
pub(super) async fn until_end(
    desk: &Desk,
    id: &BatchId,
    stop: &CancellationToken,
) -> anyhow::Result<Option<(Batch, Progress)>> {
    let mut display = Display::new();
    loop {
        let (batch, progress) = look(desk, id).await?;
        display.show(&batch, &progress);
        if batch.status.is_finished() {
            return Ok(Some((batch, progress)));
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn what_is_left_is_said_in_two_units_at_most() {
        let said = [4.4, 61.0, 3_600.0, 90_061.0].map(duration);
        assert_eq!(said, ["4 s", "1 min 1 s", "1 h 0 min", "25 h 1 min"]);
    }
}

//! The rates for people, at most 100 columns wide.

use std::time::Duration;

use idv_worker::eval::{Group, Summary};

use super::documents::LeftOut;
use crate::cli::output::line;

/// Prints all tables.
pub(super) fn print(summary: &Summary, left_out: &LeftOut) {
    let LeftOut { bad, missing, unreadable } = left_out;
    line(format_args!("{} images, {} with a machine-readable zone", summary.all.images, summary.all.zones));
    if bad + missing + unreadable > 0 {
        line(format_args!(
            "left out: {bad} lines of the ground truth, {missing} images that are not there; counted as not read: \
             {unreadable} that cannot be decoded"
        ));
    }
    line(format_args!(
        "\n{:<24} {:>6} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>6}",
        "zones", "images", "exact", "digits", "passed", "chars", "false", "names", "names", "CPU s"
    ));
    line(format_args!(
        "{:<24} {:>6} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>6}",
        "", "", "", "agree", "", "wrong", "accepts", "wrong", "marked", "each"
    ));
    row("all", &summary.all);
    for (kind, groups) in &summary.groups {
        groups.iter().for_each(|(name, group)| row(&format!("{kind} {name}"), group));
    }
    fields(summary);
    steps(&summary.all);
}

fn row(name: &str, group: &Group) {
    let of_zones = |count: usize| percent(count, group.zones);
    line(format_args!(
        "{name:<24} {:>6} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>6.2}",
        group.images,
        of_zones(group.exact),
        of_zones(group.agreeing),
        of_zones(group.passing),
        percent(group.wrong_characters, group.characters),
        group.false_accepts,
        group.wrong_names,
        group.marked_names,
        group.per_image(group.cost.total).as_secs_f64(),
    ));
}

fn fields(summary: &Summary) {
    if summary.fields.is_empty() && summary.printed.is_empty() {
        return;
    }
    line(format_args!("\n{:<24} {:>13} {:>8} {:>13} {:>8}", "fields", "from the zone", "", "from print", ""));
    let names: std::collections::BTreeSet<_> = summary.fields.keys().chain(summary.printed.keys()).collect();
    for name in names {
        let cells = |counts: Option<&(usize, usize)>| match counts {
            Some((right, all)) => (format!("{right}/{all}"), percent(*right, *all)),
            None => ("-".to_owned(), String::new()),
        };
        let (zone, zone_rate) = cells(summary.fields.get(name));
        let (print, print_rate) = cells(summary.printed.get(name));
        line(format_args!("{:<24} {zone:>13} {zone_rate:>8} {print:>13} {print_rate:>8}", name.as_str()));
    }
}

fn steps(all: &Group) {
    line(format_args!("\n{:<24} {:>13} {:>8}", "CPU per image", "ms", "share"));
    let total = all.cost.total;
    for (name, spent) in [
        ("find words and lines", all.cost.find),
        ("read the zone", all.cost.read_zone),
        ("read printed text", all.cost.read_text),
        ("the rest", all.cost.rest()),
        ("together", total),
    ] {
        let share = 100.0 * spent.as_secs_f64() / total.as_secs_f64().max(1e-9);
        line(format_args!("{name:<24} {:>13.1} {share:>6.1} %", millis(all.per_image(spent))));
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Two decimals where nearly all or nearly nothing is meant.
fn percent(count: usize, all: usize) -> String {
    if all == 0 {
        return "-".to_owned();
    }
    let share = 100.0 * count as f64 / all as f64;
    if share > 0.0 && (share < 1.0 || (share > 99.0 && share < 100.0)) {
        format!("{share:.2} %")
    } else {
        format!("{share:.1} %")
    }
}

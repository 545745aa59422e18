//! `idv verify`: one verification in the terminal, without a server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use idv_common::domain::{CaptureKind, Check, Claims, FieldName, Report, Verdict};
use idv_common::{Config, context};
use idv_worker::pipeline::{CaptureImage, Memo};

use super::{engine, output};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The side of the document with the portrait.
    #[arg(long, value_name = "IMAGE")]
    front: PathBuf,
    /// The other side.
    #[arg(long, value_name = "IMAGE")]
    back: Option<PathBuf>,
    /// A photo or a clip of the person.
    #[arg(long, value_name = "FILE")]
    selfie: PathBuf,
    /// What the document is expected to say: a JSON object of fields and values, such as {"surname": "Eriksson"}.
    #[arg(long, value_name = "FILE")]
    expected: Option<PathBuf>,
    /// A policy that replaces the configured one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    /// Draw what was found and read, and every field with its source, into a PNG file.
    #[arg(long, value_name = "FILE")]
    annotate: Option<PathBuf>,
}

/// Runs the pipeline once and prints its report.
pub(super) fn run(mut config: Config, args: Args) -> anyhow::Result<ExitCode> {
    if let Some(policy) = &args.policy {
        config.policy.path.clone_from(policy);
    }
    let policy = context::load_policy(&config)?;
    let captures = captures(&args)?;
    let claims = args.expected.as_deref().map(claims).transpose()?.unwrap_or_default();
    let pipeline = engine::pipeline(&config)?;
    let mut memo = Memo::default();
    if !args.json {
        memo = memo.on_step(|step| output::progress(format_args!("{:<22} {:>7.0} ms", step.step, step.ms)));
    }
    let today = jiff::Zoned::now().date();
    let (report, pictures) = pipeline.run_on_pictures(&captures, &claims, &policy, &mut memo, today)?;
    if let Some(file) = &args.annotate {
        let drawing = pictures.annotate(&report);
        drawing.save(file).with_context(|| format!("failed to write `{}`", file.display()))?;
    }
    if args.json {
        output::json(&report)?;
    } else {
        print(&report);
    }
    Ok(ExitCode::from(match report.verdict {
        Verdict::Verified => 0,
        Verdict::Rejected => 1,
        Verdict::NeedsReview => 3,
    }))
}

fn captures(args: &Args) -> anyhow::Result<Vec<CaptureImage>> {
    let mut captures = vec![
        engine::read_image(&args.front, CaptureKind::DocumentFront)?,
        engine::read_selfie(&args.selfie)?,
    ];
    if let Some(back) = &args.back {
        captures.push(engine::read_image(back, CaptureKind::DocumentBack)?);
    }
    Ok(captures)
}

fn claims(file: &Path) -> anyhow::Result<Claims> {
    let text = std::fs::read(file).with_context(|| format!("failed to read `{}`", file.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("failed to understand `{}` as a JSON object of fields", file.display()))
}

fn print(report: &Report) {
    output::line("");
    for check in &report.checks {
        output::line(check_line(check));
    }
    if let Some(document) = &report.document {
        output::line("");
        for name in FieldName::ALL {
            if let Some(field) = document.fields.get(name) {
                output::line(format_args!("  {:<18} {}", name.as_str(), *field.value));
            }
        }
    }
    output::line("");
    output::line(format_args!(
        "{}  (policy {} v{})",
        report.verdict, report.policy.name, report.policy.version
    ));
    for reason in &report.reasons {
        output::line(format_args!("  {reason}: {}", reason.text().operator));
    }
}

fn check_line(check: &Check) -> String {
    let score = match (check.score, check.threshold) {
        (Some(score), Some(threshold)) => format!("{score:.3} (limit {threshold:.3})"),
        (Some(score), None) => format!("{score:.3}"),
        _ => String::new(),
    };
    let reasons: Vec<&str> = check.reasons.iter().map(|reason| reason.as_str()).collect();
    let line = format!("  {:<21} {:<13} {score:<23} {}", check.name, check.outcome, reasons.join(", "));
    line.trim_end().to_owned()
}

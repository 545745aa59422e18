//! `idv specimen`: synthetic documents for demos and tests.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use idv_common::Config;
use idv_worker::inference::{self, Manifest};
use idv_worker::pipeline::{DecodeLimits, decode};
use idv_worker::specimen::{CheckedField, Degrade, Page, Portrait, Sex, SpecimenKind, SpecimenSpec, render};
use image::codecs::jpeg::JpegEncoder;
use jiff::civil::Date;

use super::{engine, output};

/// Good enough that the compression is not what makes a page hard to read.
const JPEG_QUALITY: u8 = 92;

#[derive(clap::Args)]
pub(super) struct Args {
    /// `passport` or `id_card`.
    #[arg(long, default_value = "passport")]
    kind: SpecimenKind,
    /// The folder to write to: NAME-front.jpg, NAME-back.jpg and truth.jsonl.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// How many documents.
    #[arg(long, default_value_t = 1)]
    count: u64,
    /// The same seed gives the same documents on the same day.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A photo for the portrait; without it a silhouette is drawn.
    #[arg(long, value_name = "IMAGE")]
    portrait: Option<PathBuf>,
    /// A check digit to print wrong: document_number, date_of_birth, date_of_expiry, personal_number or
    /// composite.
    #[arg(long, value_name = "FIELD")]
    wrong_check_digit: Option<CheckedField>,
    /// What the camera does to the picture: none, light or hard.
    #[arg(long, default_value = "none")]
    degrade: Camera,
    /// Letters and digits, at most nine.
    #[arg(long)]
    number: Option<String>,
    /// As printed, with diacritics.
    #[arg(long)]
    surname: Option<String>,
    /// As printed.
    #[arg(long)]
    given_names: Option<String>,
    /// A three-letter code.
    #[arg(long)]
    nationality: Option<String>,
    /// YYYY-MM-DD.
    #[arg(long)]
    date_of_birth: Option<Date>,
    /// YYYY-MM-DD.
    #[arg(long)]
    date_of_expiry: Option<Date>,
    /// F, M or X.
    #[arg(long)]
    sex: Option<Sex>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Camera {
    None,
    Light,
    Hard,
}

/// Renders the documents.
pub(super) fn run(config: &Config, args: &Args) -> anyhow::Result<ExitCode> {
    let portrait = args.portrait.as_deref().map(|path| portrait(config, path)).transpose()?;
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("failed to make the folder `{}`", args.out.display()))?;
    let mut truths = String::new();
    for seed in args.seed..args.seed.saturating_add(args.count) {
        let spec = spec(args, seed, portrait.clone());
        let specimen = render(&spec)?;
        let sides = [("front", Some(specimen.front)), ("back", specimen.back)];
        for (side, page) in sides.into_iter().filter_map(|(side, page)| Some((side, page?))) {
            let name = format!("{}-{seed}-{side}.jpg", spec.kind);
            truths.push_str(&write(page, &args.out, &name)?);
            truths.push('\n');
        }
    }
    std::fs::write(args.out.join("truth.jsonl"), truths).context("failed to write `truth.jsonl`")?;
    Ok(ExitCode::SUCCESS)
}

fn spec(args: &Args, seed: u64, portrait: Option<Portrait>) -> SpecimenSpec {
    let mut spec = SpecimenSpec::from_seed(seed, jiff::Zoned::now().date());
    spec.kind = args.kind;
    spec.portrait = portrait;
    spec.wrong_check_digit = args.wrong_check_digit;
    if args.wrong_check_digit == Some(CheckedField::PersonalNumber) && spec.personal_number.is_empty() {
        // There is no digit to get wrong without one.
        spec.personal_number = "12345678901".to_owned();
    }
    spec.degrade = match args.degrade {
        Camera::None => None,
        Camera::Light => Some(Degrade::light(seed)),
        Camera::Hard => Some(Degrade::hard(seed)),
    };
    let texts = [
        (&mut spec.number, &args.number),
        (&mut spec.surname, &args.surname),
        (&mut spec.given_names, &args.given_names),
        (&mut spec.nationality, &args.nationality),
    ];
    for (field, given) in texts {
        if let Some(given) = given {
            field.clone_from(given);
        }
    }
    spec.date_of_birth = args.date_of_birth.unwrap_or(spec.date_of_birth);
    spec.date_of_expiry = args.date_of_expiry.unwrap_or(spec.date_of_expiry);
    spec.sex = args.sex.unwrap_or(spec.sex);
    spec
}

/// The photo, with its face if a detector is there to find it.
fn portrait(config: &Config, path: &Path) -> anyhow::Result<Portrait> {
    let bytes = std::fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))?;
    let photo = decode::decode(&bytes, &DecodeLimits::default())
        .with_context(|| format!("failed to decode `{}`", path.display()))?;
    let face = engine::manifest(config)
        .and_then(|manifest: Manifest| Ok(manifest.resolve(&config.models.dir, &config.models.profile)?))
        .and_then(|selection| Ok(inference::load_detector(&selection)?.detect(&photo, 0.7, 1)?))
        .ok()
        .and_then(|faces| faces.into_iter().max_by(|a, b| a.bounds.area().total_cmp(&b.bounds.area())))
        .map(|face| face.bounds);
    Ok(Portrait { photo, face })
}

/// Writes a page, and gives its line of ground truth.
fn write(page: Page, folder: &Path, name: &str) -> anyhow::Result<String> {
    let path = folder.join(name);
    let file =
        std::fs::File::create(&path).with_context(|| format!("failed to write `{}`", path.display()))?;
    JpegEncoder::new_with_quality(BufWriter::new(file), JPEG_QUALITY)
        .encode_image(&page.image)
        .with_context(|| format!("failed to write `{}`", path.display()))?;
    output::line(path.display());
    Ok(serde_json::to_string(&page.truth.named(name))?)
}

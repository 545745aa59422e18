//! `idv specimen`: synthetic documents for demos and tests.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context as _;
use idv_common::Config;
use idv_worker::inference::{self, Manifest};
use idv_worker::pipeline::{DecodeLimits, decode};
use idv_worker::specimen::{
    CheckedField, Degrade, Hard, Page, Portrait, Sex, SpecimenError, SpecimenKind, SpecimenSpec, render,
};
use image::codecs::jpeg::JpegEncoder;
use jiff::civil::Date;

use super::{engine, output, parallel};

/// Good enough that the compression is not what makes a page hard to read.
const JPEG_QUALITY: u8 = 92;

#[derive(clap::Args)]
pub(super) struct Args {
    /// `passport` (TD3), `id_card` (TD1), `id_card_td2`, `visa_a` (MRV-A), `visa_b` (MRV-B), or `all` in turns.
    #[arg(long, default_value = "passport")]
    kind: Kinds,
    /// The folder to write to: NAME-front.jpg, NAME-back.jpg and truth.jsonl.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// How many documents.
    #[arg(long, default_value_t = 1)]
    count: u64,
    /// The first document's; the next one has the next. The same seed gives the same documents on the same day, and
    /// with `--degrade hard` on every day. Without it 1, or that of the specification of hard documents.
    #[arg(long)]
    seed: Option<u64>,
    /// A photo for the portrait; without it a silhouette is drawn.
    #[arg(long, value_name = "IMAGE")]
    portrait: Option<PathBuf>,
    /// A check digit to print wrong: document_number, date_of_birth, date_of_expiry, personal_number or
    /// composite.
    #[arg(long, value_name = "FIELD")]
    wrong_check_digit: Option<CheckedField>,
    /// What the camera does to the picture: none, light, or hard: the committed specification
    /// worker/src/specimen/hard.toml, which draws fonts, backgrounds, holders and numbers as well.
    #[arg(long, default_value = "none")]
    degrade: Camera,
    /// Letters and digits, at most nine; on cards of the sizes TD1 and TD2 at most 22 and 14.
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
    /// Documents that are drawn at once.
    #[arg(long, default_value_t = parallel::cores())]
    jobs: usize,
}

/// Which documents are drawn.
#[derive(Debug, Clone, Copy)]
enum Kinds {
    /// The same kind every time.
    One(SpecimenKind),
    /// Every kind in turn.
    All,
}

impl Kinds {
    fn of(self, seed: u64) -> SpecimenKind {
        match self {
            Self::One(kind) => kind,
            Self::All => SpecimenKind::ALL[(seed % SpecimenKind::ALL.len() as u64) as usize],
        }
    }
}

impl FromStr for Kinds {
    type Err = SpecimenError;

    fn from_str(text: &str) -> Result<Self, SpecimenError> {
        if text == "all" { Ok(Self::All) } else { text.parse().map(Self::One) }
    }
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
    let first = args.seed.unwrap_or(match args.degrade {
        Camera::Hard => Hard::built_in().seed,
        Camera::None | Camera::Light => 1,
    });
    let seeds: Vec<u64> = (first..first.saturating_add(args.count)).collect();
    let (mut truths, mut failure) = (String::new(), None);
    parallel::in_order(
        &seeds,
        args.jobs,
        |seed| draw(args, *seed, portrait.clone()),
        |drawn| match drawn {
            Ok(sides) => sides.iter().for_each(|(path, truth)| {
                output::line(path.display());
                truths.extend([truth.as_str(), "\n"]);
            }),
            Err(error) => failure = failure.take().or(Some(error)),
        },
    );
    std::fs::write(args.out.join("truth.jsonl"), truths).context("failed to write `truth.jsonl`")?;
    failure.map_or(Ok(ExitCode::SUCCESS), Err)
}

/// Draws one document, writes its sides and gives each one's file and line of ground truth.
fn draw(args: &Args, seed: u64, portrait: Option<Portrait>) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let spec = spec(args, seed, portrait);
    let specimen = render(&spec)?;
    let sides = [("front", Some(specimen.front)), ("back", specimen.back)];
    let sides = sides.into_iter().filter_map(|(side, page)| Some((side, page?)));
    sides.map(|(side, page)| write(page, &args.out, &format!("{}-{seed}-{side}.jpg", spec.kind))).collect()
}

fn spec(args: &Args, seed: u64, portrait: Option<Portrait>) -> SpecimenSpec {
    let (kind, today) = (args.kind.of(seed), jiff::Zoned::now().date());
    let plain = matches!(args.kind, Kinds::One(SpecimenKind::Passport | SpecimenKind::IdCard));
    let mut spec = match args.degrade {
        Camera::Hard => Hard::built_in().spec(Some(kind), seed),
        _ if plain => SpecimenSpec { kind, ..SpecimenSpec::from_seed(seed, today) },
        _ => SpecimenSpec::varied(kind, seed, today),
    };
    spec.portrait = portrait;
    spec.wrong_check_digit = args.wrong_check_digit;
    if args.wrong_check_digit == Some(CheckedField::PersonalNumber) && spec.personal_number.is_empty() {
        // There is no digit to get wrong without one.
        spec.personal_number = "12345678901".to_owned();
    }
    if matches!(args.degrade, Camera::Light) {
        spec.degrade = Some(Degrade::light(seed));
    }
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

/// Writes a page, and gives its file and its line of ground truth.
fn write(page: Page, folder: &Path, name: &str) -> anyhow::Result<(PathBuf, String)> {
    let path = folder.join(name);
    let file = match page.jpeg {
        // As the camera wrote it: a second compression would be another picture.
        Some(file) => file,
        None => {
            let mut file = Vec::new();
            JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY).encode_image(&page.image)?;
            file
        }
    };
    std::fs::write(&path, file).with_context(|| format!("failed to write `{}`", path.display()))?;
    Ok((path, serde_json::to_string(&page.truth.named(name))?))
}

//! Prints how long each face step takes on one thread and what all models occupy.
//!
//! `cargo run --release -p idv-worker --example face_speed -- MODELS_FOLDER PHOTO [PROFILE]`

#![expect(clippy::print_stdout, reason = "it prints its measurements")]

use std::error::Error;
use std::time::Instant;

use idv_worker::inference::{Manifest, Models};
use idv_worker::pipeline::decode::{DecodeLimits, decode};
use idv_worker::pipeline::faces::find_selfie_face;

/// How often each step is repeated; the fastest time counts.
const REPEATS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(photo)) = (arguments.next(), arguments.next()) else {
        return Err("usage: face_speed MODELS_FOLDER PHOTO [PROFILE]".into());
    };
    let profile = arguments.next().unwrap_or_else(|| "accurate".to_owned());
    let start = Instant::now();
    let all = Models::load(&Manifest::built_in(), folder.as_ref(), &profile)?;
    let models = &all.faces;
    println!(
        "load all      {:8.1} ms, {} MiB resident",
        start.elapsed().as_secs_f64() * 1e3,
        resident_mib()?
    );

    let bytes = std::fs::read(photo)?;
    let limits = DecodeLimits::default();
    let image = decode(&bytes, &limits)?;
    println!("photo         {} x {}", image.width(), image.height());
    fastest("decode", || decode(&bytes, &limits))?;
    for zoom in [1, 2, 4] {
        fastest(&format!("detect x{zoom}"), || models.detector.detect(&image, 0.7, zoom))?;
    }
    let faces = models.detector.detect(&image, 0.7, 1)?;
    if let Some(face) = faces.first() {
        fastest("embed", || models.embedder.embed(&image, face))?;
        if let Some(liveness) = &models.liveness {
            fastest("liveness", || liveness.score(&image, face))?;
        }
    }
    fastest("selfie_face", || find_selfie_face(&image, models.detector.as_ref(), models.embedder.as_ref()))?;
    println!("at the end    {} MiB resident", resident_mib()?);
    Ok(())
}

fn fastest<T, E>(name: &str, mut step: impl FnMut() -> Result<T, E>) -> Result<(), E> {
    let mut best = f64::INFINITY;
    for _ in 0..REPEATS {
        let start = Instant::now();
        step()?;
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    println!("{name:<13} {best:8.1} ms");
    Ok(())
}

/// The process's resident memory, on Linux.
fn resident_mib() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no value")?.parse::<u64>()? / 1024)
}

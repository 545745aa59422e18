//! The pattern that a camera sees on a screen: the screen's grid of pixels beats with the camera's own.

use image::RgbImage;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::Bounds;

/// The side of the windows in pixels, and how many lie side by side in each direction.
const WINDOW: usize = 256;
const WINDOWS: u32 = 3;
/// The frequencies that are looked at, in periods per window: below lies print, above the sensor's own pattern.
const FREQUENCIES: std::ops::RangeInclusive<f32> = 28.0..=118.0;
/// Frequencies this near to upright, level or a multiple of JPEG's blocks are left out: frames and compression
/// have them.
const AXIS: i32 = 4;
const BLOCK: i32 = WINDOW as i32 / 8;

/// How far the strongest peak of the spectrum rises above the median at its frequency, in decibels. The power is
/// averaged over windows, since print differs from place to place and a grid does not. Zero for a picture
/// smaller than a window.
pub(super) fn strength(image: &RgbImage, bounds: &Bounds) -> f32 {
    let window = WINDOW as u32;
    if bounds.width < window || bounds.height < window {
        return 0.0;
    }
    let mut power = vec![0.0_f32; WINDOW * WINDOW];
    let mut planner = FftPlanner::<f32>::new();
    let fft = planner.plan_fft_forward(WINDOW);
    for at in 0..WINDOWS * WINDOWS {
        let place = |start: u32, size: u32, at: u32| start + (size - window) * at / (WINDOWS - 1);
        let left = place(bounds.left, bounds.width, at % WINDOWS);
        let top = place(bounds.top, bounds.height, at / WINDOWS);
        let mut cells = windowed(image, left, top);
        fft.process(&mut cells);
        let mut columns = transposed(&cells);
        fft.process(&mut columns);
        // The logarithm's mean holds back what shows in one window alone.
        power.iter_mut().zip(&columns).for_each(|(sum, value)| *sum += value.norm_sqr().max(1.0).log10());
    }
    10.0 * peak(&power) / (WINDOWS * WINDOWS) as f32
}

/// A window's luma under Hann's weights.
fn windowed(image: &RgbImage, left: u32, top: u32) -> Vec<Complex<f32>> {
    let hann = |at: usize| {
        let sin = (std::f32::consts::PI * (at as f32 + 0.5) / WINDOW as f32).sin();
        sin * sin
    };
    let weights: Vec<f32> = (0..WINDOW).map(hann).collect();
    let level = |at: usize| {
        let [red, green, blue] = image.get_pixel(left + (at % WINDOW) as u32, top + (at / WINDOW) as u32).0;
        0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
    };
    let levels: Vec<f32> = (0..WINDOW * WINDOW).map(level).collect();
    let mean = levels.iter().sum::<f32>() / levels.len() as f32;
    let weighted = |(at, level): (usize, f32)| {
        Complex::new((level - mean) * weights[at % WINDOW] * weights[at / WINDOW], 0.0)
    };
    levels.into_iter().enumerate().map(weighted).collect()
}

fn transposed(cells: &[Complex<f32>]) -> Vec<Complex<f32>> {
    (0..WINDOW * WINDOW).map(|at| cells[(at % WINDOW) * WINDOW + at / WINDOW]).collect()
}

/// The highest rise of the summed logarithms above the median of their ring.
fn peak(power: &[f32]) -> f32 {
    let signed = |at: usize| if at >= WINDOW / 2 { at as i32 - WINDOW as i32 } else { at as i32 };
    let mut rings: Vec<Vec<f32>> = vec![Vec::new(); WINDOW];
    // One half tells all: the other is its mirror.
    for row in 0..WINDOW / 2 {
        for column in 0..WINDOW {
            let (u, v) = (signed(column), signed(row));
            let radius = (u as f32).hypot(v as f32);
            let near_block = |at: i32| (at.rem_euclid(BLOCK)).min((-at).rem_euclid(BLOCK)) < AXIS;
            if FREQUENCIES.contains(&radius) && !near_block(u) && !near_block(v) {
                rings[radius as usize].push(power[row * WINDOW + column]);
            }
        }
    }
    let rise = |mut ring: Vec<f32>| {
        let highest = ring.iter().copied().fold(f32::MIN, f32::max);
        let middle = ring.len() / 2;
        let median = *ring.select_nth_unstable_by(middle, f32::total_cmp).1;
        highest - median
    };
    rings.into_iter().filter(|ring| ring.len() > 16).map(rise).fold(0.0, f32::max)
}

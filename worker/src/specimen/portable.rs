//! Functions of real numbers with the same last bit on every machine, which the system's own do not promise.

/// Sine and cosine of an angle in radians.
pub(super) fn sin_cos(angle: f32) -> (f32, f32) {
    libm::sincosf(angle)
}

/// The sine of an angle in radians.
pub(super) fn sin(angle: f32) -> f32 {
    libm::sinf(angle)
}

/// The length of the vector (x, y).
pub(super) fn length(x: f32, y: f32) -> f32 {
    libm::sqrtf(x * x + y * y)
}

/// Weights of a Gaussian blur, symmetrical, with the sum 1; they end at three standard deviations.
pub(super) fn gaussian(sigma: f32) -> Vec<f32> {
    let reach = (3.0 * sigma).ceil().max(1.0) as i32;
    let weight = |at: i32| libm::expf(-0.5 * (at as f32 / sigma) * (at as f32 / sigma));
    let weights: Vec<f32> = (-reach..=reach).map(weight).collect();
    let sum: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::gaussian;

    #[test]
    fn a_blur_keeps_the_brightness_and_has_the_variance_that_was_asked_for() {
        for sigma in [0.3, 0.8, 1.5] {
            let weights = gaussian(sigma);
            let middle = (weights.len() / 2) as f32;
            let variance: f32 =
                weights.iter().enumerate().map(|(i, w)| w * (i as f32 - middle) * (i as f32 - middle)).sum();
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            assert!(sigma < 0.5 || (variance.sqrt() / sigma - 1.0).abs() < 0.03, "{sigma}: {variance}");
        }
    }
}

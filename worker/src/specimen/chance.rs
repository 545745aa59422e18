//! Pseudo-random numbers that never change: a seed draws the same specimen in every release.

/// SplitMix64 (Steele, Lea and Flood, 2014). Written out here because the generators of the `rand` crate may
/// change between its versions, and a specimen must not.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The sequence of a seed; `stream` separates the users of one seed, so that one drawing more numbers
    /// does not shift the others'.
    pub(crate) fn new(seed: u64, stream: &str) -> Self {
        let salt = stream.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in 0..1.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }

    /// Uniform in `low..high`.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A whole number in `0..end`; 0 where `end` is 0.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        (self.next() % u64::from(end.max(1))) as u32
    }

    /// True with that probability.
    pub(crate) fn happens(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// One of a fixed list.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, items: &[T; N]) -> T {
        const { assert!(N > 0) };
        items[self.below(N as u32) as usize]
    }

    /// One of the keys, as often as their weights say; the first one if no weight is above zero;
    /// `None` without any.
    pub(crate) fn weighted<T: Copy>(&mut self, weights: &[(T, f32)]) -> Option<T> {
        let sum: f32 = weights.iter().map(|(_, weight)| weight).sum();
        let mut left = self.unit() * sum;
        let found = weights.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        found.or(weights.first()).map(|(item, _)| *item)
    }

    /// Standard normal, near enough for a sensor's noise: the sum of four uniform numbers, whose tails end at
    /// 3.5 sigma. One draw gives all four.
    pub(crate) fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|i| (bits >> (16 * i)) & 0xffff).sum();
        (sum as f32 / 65535.0 - 2.0) * 3_f32.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_numbers_that_it_always_drew() {
        let mut chance = Chance::new(7, "test");
        let drawn: Vec<u32> = (0..6).map(|_| chance.below(1000)).collect();
        assert_eq!(drawn, [61, 531, 799, 260, 863, 406]);
        assert_ne!(Chance::new(7, "other").next(), Chance::new(7, "test").next());
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut chance = Chance::new(1, "normal");
        let drawn: Vec<f32> = (0..10_000).map(|_| chance.normal()).collect();
        let mean = drawn.iter().sum::<f32>() / 10_000.0;
        let variance = drawn.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / 10_000.0;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}

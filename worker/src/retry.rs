//! When a failed job runs again.

use std::time::Duration;

use rand::RngExt;

/// The first delay; it doubles with each failure.
const FIRST: Duration = Duration::from_secs(2);
/// The longest delay.
const LONGEST: Duration = Duration::from_secs(300);

/// The delay before the attempt after `failures` failures, without jitter: 2 s, 4 s, 8 s … 5 min.
pub fn delay(failures: u32) -> Duration {
    FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST)
}

/// A delay moved by up to a fifth either way, so that jobs that failed together do not return together.
pub fn with_jitter(delay: Duration) -> Duration {
    delay.mul_f64(rand::rng().random_range(0.8..1.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_five_minutes() {
        let seconds: Vec<u64> = (1..=9).map(|n| delay(n).as_secs()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(delay(u32::MAX), LONGEST);
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        for _ in 0..100 {
            let moved = with_jitter(Duration::from_secs(10)).as_secs_f64();
            assert!((8.0..12.0).contains(&moved));
        }
    }
}

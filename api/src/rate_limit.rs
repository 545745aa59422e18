//! Rate limits: so many requests per second and credential.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use idv_common::config::LimitsConfig;

use crate::problem::{Code, Problem};

/// Credentials that have been idle are forgotten every so many requests.
const FORGET_EVERY: u32 = 4096;

type Limiter = RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// Counts the requests of every credential.
pub(crate) struct RateLimits {
    limiter: Limiter,
    burst: u32,
    window_s: u32,
    seen: AtomicU32,
}

/// What a credential may still do; shown in the answer's headers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    burst: u32,
    window_s: u32,
    remaining: u32,
    reset_s: u64,
}

impl RateLimits {
    /// Limits as configured; 0 counts as 1.
    pub(crate) fn new(limits: &LimitsConfig) -> Self {
        let rate = NonZeroU32::new(limits.rate_per_s).unwrap_or(NonZeroU32::MIN);
        let burst = NonZeroU32::new(limits.rate_burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(rate).allow_burst(burst);
        Self {
            limiter: RateLimiter::keyed(quota).with_middleware(),
            burst: burst.get(),
            window_s: burst.get().div_ceil(rate.get()),
            seen: AtomicU32::new(0),
        }
    }

    /// Lets a request of this credential pass, or refuses it.
    pub(crate) fn admit(&self, credential: &str, req: &HttpRequest) -> Result<(), Problem> {
        if self.seen.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let allowance =
            |remaining, reset_s| Allowance { burst: self.burst, window_s: self.window_s, remaining, reset_s };
        match self.limiter.check_key(&credential.to_owned()) {
            Ok(state) => {
                req.extensions_mut().insert(allowance(state.remaining_burst_capacity(), 1));
                Ok(())
            }
            Err(refused) => {
                let wait = refused.wait_time_from(self.limiter.clock().now()).as_secs() + 1;
                req.extensions_mut().insert(allowance(0, wait));
                let detail = "this credential's requests come faster than they may";
                Err(Problem::new(Code::RateLimited, detail).retry_after(wait))
            }
        }
    }
}

impl Allowance {
    /// Writes the fields of the IETF draft "RateLimit header fields for HTTP".
    pub(crate) fn write_to(self, headers: &mut HeaderMap) {
        let Self { burst, window_s, remaining, reset_s } = self;
        for (name, value) in [
            ("ratelimit-policy", format!("\"credential\";q={burst};w={window_s}")),
            ("ratelimit", format!("\"credential\";r={remaining};t={reset_s}")),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

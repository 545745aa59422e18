//! The load: clients that ask for verifications and comparisons over either API process and, as documented, repeat
//! a request under the same `Idempotency-Key` until they have a definite answer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::chance::Chance;
use crate::http::{Answer, Http, Reply};
use crate::system::System;

/// Clients that ask at once; while the system is away, as many requests are under way.
const CLIENTS: u64 = 32;

/// How long a client waits for an answer before it asks again.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a client goes on after the end of the load, for a definite answer to what it has begun.
const RESOLVE: Duration = Duration::from_secs(180);

/// The head of a PNG of 640 x 480 pixels: it is taken as an image, and nobody looks at it.
const IMAGE: [u8; 33] =
    *b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0\xba\xb3\x4b\xb3";

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Verify,
    VerifyThenCancel,
    VerifyThenRedact,
    Compare,
}

/// A request that was answered with 202.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    /// The `Idempotency-Key`, which is the resource's reference as well.
    pub(crate) key: String,
    /// The resource.
    pub(crate) id: String,
    pub(crate) wish: Wish,
}

/// What the clients saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) accepted: Vec<Accepted>,
    /// Answers that a client need not expect: neither success nor a documented invitation to repeat.
    pub(crate) unexpected: Vec<(String, String)>,
    /// Requests without a definite answer until the very end.
    pub(crate) unresolved: Vec<String>,
    pub(crate) attempts: u64,
    /// Attempts without an answer.
    pub(crate) unanswered: u64,
    /// Answers that ask to try again later.
    pub(crate) put_off: u64,
    /// When something was accepted, by the history's clock and in order.
    pub(crate) accepted_ms: Vec<u64>,
}

impl Seen {
    /// The longest time between two 202s.
    pub(crate) fn longest_gap(&self) -> Duration {
        let gaps = self.accepted_ms.windows(2).map(|pair| pair[1] - pair[0]);
        Duration::from_millis(gaps.max().unwrap_or_default())
    }
}

/// How much is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Volume {
    pub(crate) seed: u64,
    /// Operations begun per second.
    pub(crate) rate: f64,
}

/// Clients at work.
pub(crate) struct Load<'a> {
    system: &'a System,
    volume: Volume,
    begin: Instant,
    next: AtomicU64,
    ended: AtomicBool,
    ended_at: Mutex<Option<Instant>>,
    seen: Mutex<Seen>,
}

impl<'a> Load<'a> {
    /// A load that begins now.
    pub(crate) fn new(system: &'a System, volume: Volume) -> Self {
        Self {
            system,
            volume,
            begin: Instant::now(),
            next: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            ended_at: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Runs the clients while `meanwhile` runs; afterwards they end what they have begun.
    pub(crate) fn during<T>(
        self,
        meanwhile: impl FnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, Seen)> {
        let result = std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| self.run_client());
            }
            let result = meanwhile(&self);
            *locked(&self.ended_at) = Some(Instant::now());
            self.ended.store(true, Ordering::Release);
            result
        });
        Ok((result?, self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }

    /// How many requests were accepted up to now.
    pub(crate) fn accepted(&self) -> usize {
        locked(&self.seen).accepted.len()
    }

    /// How many attempts were not answered with success up to now.
    pub(crate) fn failed(&self) -> u64 {
        let seen = locked(&self.seen);
        seen.unanswered + seen.put_off + seen.unexpected.len() as u64
    }

    fn run_client(&self) {
        let http = Http::new(self.system.key(), PATIENCE);
        loop {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let due = self.begin + Duration::from_secs_f64(n as f64 / self.volume.rate);
            while Instant::now() < due {
                if self.ended.load(Ordering::Acquire) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            if self.ended.load(Ordering::Acquire) {
                return;
            }
            self.operate(&http, n);
        }
    }

    /// One operation: a request, and for some verifications a second one.
    fn operate(&self, http: &Http, n: u64) {
        let mut chance = Chance::new(self.volume.seed, n + 1);
        let wish = match chance.between(1, 100) {
            1..=85 => Wish::Verify,
            86..=95 => Wish::Compare,
            96..=97 => Wish::VerifyThenRedact,
            _ => Wish::VerifyThenCancel,
        };
        let key = format!("chaos-{}-{n}", self.volume.seed);
        let (front, selfie) =
            ([&IMAGE[..], b"front", key.as_bytes()].concat(), [&IMAGE[..], key.as_bytes()].concat());
        let (path, first, second) = match wish {
            Wish::Compare => ("/v1/comparisons", "image_a", "image_b"),
            _ => ("/v1/verifications", "document_front", "selfie"),
        };
        let parts = [("client_reference", key.as_bytes()), (first, &front[..]), (second, &selfie[..])];
        let Some(answer) = self.insist(http, path, &key, &parts, &mut chance) else { return };
        let Some(id) = answer.body["id"].as_str().map(str::to_owned) else {
            return self.complain(&key, format!("{} without an id: {}", answer.status, answer.body));
        };
        self.accept(Accepted { key: key.clone(), id: id.clone(), wish });
        let verb = match wish {
            Wish::VerifyThenCancel => "cancel",
            Wish::VerifyThenRedact => "redact",
            Wish::Verify | Wish::Compare => return,
        };
        self.insist(http, &format!("{path}/{id}/{verb}"), &format!("{key}-{verb}"), &[], &mut chance);
    }

    fn accept(&self, accepted: Accepted) {
        self.system.history.note("accepted", json!({ "key": accepted.key, "id": accepted.id }));
        let mut seen = locked(&self.seen);
        seen.accepted_ms.push(self.system.history.now_ms());
        seen.accepted.push(accepted);
    }

    fn complain(&self, key: &str, what: String) {
        locked(&self.seen).unexpected.push((key.to_owned(), what));
    }

    /// Asks one API process after the other until one gives a definite answer.
    fn insist(
        &self,
        http: &Http,
        path: &str,
        key: &str,
        parts: &[(&str, &[u8])],
        chance: &mut Chance,
    ) -> Option<Answer> {
        let bases = self.system.bases();
        let mut turn = chance.between(0, 1) as usize;
        let mut pause_ms = 200;
        loop {
            let base = &bases[turn % bases.len()];
            let begin = Instant::now();
            let reply = http.post(&format!("{base}{path}"), key, parts);
            self.note_attempt(key, base, begin, &reply);
            let wait = match reply {
                Reply::Answer(answer) if is_definite(&answer) => return Some(answer),
                Reply::Answer(answer) => match answer.retry_after {
                    Some(seconds) => Duration::from_millis(seconds * 1000 + chance.between(0, 300)),
                    None => Duration::from_secs(1),
                },
                Reply::Nothing(_) => {
                    pause_ms = (pause_ms * 2).min(3_000);
                    Duration::from_millis(chance.between(pause_ms / 2, pause_ms))
                }
            };
            if locked(&self.ended_at).is_some_and(|at| at.elapsed() > RESOLVE) {
                locked(&self.seen).unresolved.push(key.to_owned());
                return None;
            }
            std::thread::sleep(wait);
            turn += 1;
        }
    }

    fn note_attempt(&self, key: &str, base: &str, begin: Instant, reply: &Reply) {
        let took_ms = begin.elapsed().as_millis() as u64;
        let mut details = json!({ "key": key, "api": base, "took_ms": took_ms });
        let mut seen = locked(&self.seen);
        seen.attempts += 1;
        match reply {
            Reply::Nothing(cause) => {
                seen.unanswered += 1;
                details["cause"] = cause.as_str().into();
            }
            Reply::Answer(answer) => {
                details["status"] = answer.status.into();
                if answer.status >= 400 {
                    details["code"] = answer.body["code"].clone();
                }
                if invites_to_repeat(answer) {
                    seen.put_off += 1;
                } else if !is_definite(answer) {
                    let what =
                        format!("{} {}: {}", answer.status, answer.body["code"], answer.body["detail"]);
                    seen.unexpected.push((key.to_owned(), what));
                }
            }
        }
        drop(seen);
        self.system.history.note("attempt", details);
    }
}

/// Success; or a refusal to cancel what has been decided.
fn is_definite(answer: &Answer) -> bool {
    matches!(answer.status, 200..=202) || (answer.status == 409 && answer.body["code"] == "wrong_state")
}

/// What the documentation says is to be repeated under the same key.
fn invites_to_repeat(answer: &Answer) -> bool {
    let code_fits = match answer.status {
        409 => answer.body["code"] == "request_in_flight",
        429 | 503 => true,
        _ => false,
    };
    code_fits && answer.retry_after.is_some()
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The process that sends is killed again and again: every event arrives, under one id.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use idv_common::domain::{EventId, VerificationId, WebhookPayload};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::figures::Goals;
use crate::options::Options;
use crate::receiver::{Arrival, Manner, start};
use crate::servers::Servers;
use crate::site::Site;

/// How long the receiver takes, so that a kill finds something under way.
const THOUGHT: Duration = Duration::from_millis(20);
/// Events of one thing, which have to arrive in order.
const EACH: usize = 4;
/// How long nothing may arrive while something is missing: what a dead process held is free again after 11 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// What has arrived so far.
#[derive(Default)]
struct Seen {
    /// The ids under which each event of each thing has arrived.
    ids: HashMap<(String, i64), HashSet<String>>,
    arrivals: usize,
    out_of_order: usize,
}

impl Seen {
    fn add(&mut self, arrival: Arrival) -> anyhow::Result<()> {
        let payload: WebhookPayload = serde_json::from_slice(&arrival.body)?;
        let (thing, place) = (payload.data.id, payload.data.sequence);
        let is_first = !self.ids.contains_key(&(thing.clone(), place));
        if is_first && place > 1 && !self.ids.contains_key(&(thing.clone(), place - 1)) {
            self.out_of_order += 1;
        }
        self.ids.entry((thing, place)).or_default().insert(arrival.id);
        self.arrivals += 1;
        Ok(())
    }
}

/// Kills the process while requests are under way, and starts another.
pub(crate) async fn run(options: &Options, servers: Servers, goals: &mut Goals) -> anyhow::Result<()> {
    let site = Arc::new(Site::open(options, servers, "timeout_s = 1").await?);
    let (sender, mut arrivals) = unbounded_channel();
    site.endpoint(start(0, Manner::After(THOUGHT), sender).await?).await?;
    let begun = Instant::now();
    let telling = tokio::spawn(tell_all(site.clone(), options.events, options.rate));
    let (mut seen, mut kills) = (Seen::default(), 0);
    let mut process = site.start()?;
    while seen.ids.len() < options.events {
        let arrival = next(&mut arrivals).await;
        let Some(arrival) = arrival else { break };
        seen.add(arrival)?;
        // Spread over the events, each while the receiver thinks about this one.
        if kills < options.kills && seen.ids.len() * (options.kills + 1) >= options.events * (kills + 1) {
            drop(process);
            kills += 1;
            process = site.start()?;
        }
    }
    let told = telling.await??;
    // What was under way when the last event arrived may come again: whatever has not been noted.
    ensure!(
        kills == options.kills,
        "failed to kill the process {} times: {}",
        options.kills,
        site.launcher.end_of_log()
    );
    process.stop()?;
    while let Ok(arrival) = arrivals.try_recv() {
        seen.add(arrival)?;
    }
    if let Ok(site) = Arc::try_unwrap(site) {
        site.close().await?;
    }
    judge(&told, &seen, goals);
    println!("| events | kills | seconds | arrivals | came more than once | lost |");
    println!("|---|---|---|---|---|---|");
    let (ids, again) = (arrived(&seen), seen.arrivals - seen.ids.len());
    let lost = told.iter().filter(|id| !ids.contains(id.as_str())).count();
    let seconds = begun.elapsed().as_secs();
    println!("| {} | {kills} | {seconds} | {} | {again} | {lost} |", told.len(), seen.arrivals);
    Ok(())
}

fn arrived(seen: &Seen) -> HashSet<&str> {
    seen.ids.values().flatten().map(String::as_str).collect()
}

fn judge(told: &[EventId], seen: &Seen, goals: &mut Goals) {
    let arrived = arrived(seen);
    let lost = told.iter().filter(|id| !arrived.contains(id.as_str())).count();
    goals.expect(lost == 0, || format!("{lost} events were lost"));
    goals.expect(arrived.len() <= told.len(), || "events came that were never told".to_owned());
    let changed = seen.ids.values().filter(|ids| ids.len() > 1).count();
    goals.expect(changed == 0, || format!("{changed} events came under several ids"));
    goals.expect(seen.out_of_order == 0, || {
        format!("{} events came before the one before", seen.out_of_order)
    });
}

async fn next(arrivals: &mut UnboundedReceiver<Arrival>) -> Option<Arrival> {
    tokio::time::timeout(PATIENCE, arrivals.recv()).await.ok().flatten()
}

/// Tells of so many events at a steady rate.
async fn tell_all(site: Arc<Site>, count: usize, rate: u32) -> anyhow::Result<Vec<EventId>> {
    let mut clock = tokio::time::interval(Duration::from_secs(1) / rate.max(1));
    let things: Vec<String> = (0..count.div_ceil(EACH)).map(|_| VerificationId::generate().into()).collect();
    let mut told = Vec::with_capacity(count);
    for n in 0..count {
        clock.tick().await;
        told.push(site.tell(things[n % things.len()].clone()).await?);
    }
    Ok(told)
}

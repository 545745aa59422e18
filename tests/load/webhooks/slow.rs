//! Some endpoints hang: from event to delivery at the others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use idv_common::domain::VerificationId;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

use crate::figures::{Durations, Goals};
use crate::options::Options;
use crate::receiver::{Arrival, Manner, start};
use crate::servers::Servers;
use crate::site::Site;

/// What 99 of 100 deliveries may take.
const MOST: Duration = Duration::from_secs(2);
/// How long to wait for the last delivery.
const PATIENCE: Duration = Duration::from_secs(60);

/// Measures one process that sends.
pub(crate) async fn run(options: &Options, servers: Servers, goals: &mut Goals) -> anyhow::Result<()> {
    let site = Arc::new(Site::open(options, servers, "").await?);
    let (sender, mut arrivals) = unbounded_channel();
    for receiver in 0..options.endpoints {
        let hangs = receiver < options.hanging;
        let manner = if hangs { Manner::Never } else { Manner::After(Duration::ZERO) };
        site.endpoint(start(receiver, manner, sender.clone()).await?).await?;
    }
    let process = site.start()?;
    site.until_ready().await?;
    let count = options.rate * options.seconds;
    let mut told = JoinSet::new();
    let mut clock = tokio::time::interval(Duration::from_secs(1) / options.rate.max(1));
    for _ in 0..count {
        clock.tick().await;
        let site = site.clone();
        told.spawn(async move {
            let at = Instant::now();
            let event = site.tell(VerificationId::generate().to_string()).await?;
            Ok::<_, anyhow::Error>((event.to_string(), at))
        });
    }
    let begun: HashMap<String, Instant> = told.join_all().await.into_iter().collect::<anyhow::Result<_>>()?;
    let well = options.endpoints - options.hanging;
    let took = collect(&mut arrivals, options.hanging, &begun, well * begun.len()).await;
    process.stop()?;
    if let Ok(site) = Arc::try_unwrap(site) {
        site.close().await?;
    }
    print(options, &took);
    let expected = well * begun.len();
    goals.expect(took.len() == expected, || format!("{} of {expected} deliveries arrived", took.len()));
    goals.expect(took.percentile(99) <= MOST.as_secs_f64() * 1000.0, || {
        format!("99 of 100 deliveries took {:.0} ms and not {} s", took.percentile(99), MOST.as_secs())
    });
    Ok(())
}

/// How long each delivery took that is the first of its event at a receiver which answers.
async fn collect(
    arrivals: &mut UnboundedReceiver<Arrival>,
    hanging: usize,
    begun: &HashMap<String, Instant>,
    expected: usize,
) -> Durations {
    let mut took: HashMap<(usize, String), Duration> = HashMap::new();
    while took.len() < expected {
        let Ok(Some(arrival)) = tokio::time::timeout(PATIENCE, arrivals.recv()).await else { break };
        if let Some(at) = begun.get(&arrival.id).filter(|_| arrival.receiver >= hanging) {
            let key = (arrival.receiver, arrival.id);
            took.entry(key).or_insert_with(|| arrival.at.saturating_duration_since(*at));
        }
    }
    took.into_values().collect()
}

fn print(options: &Options, took: &Durations) {
    println!(
        "| endpoints | of them hang | events/s | seconds | deliveries to the others | p50 ms | p95 ms | p99 ms |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    println!(
        "| {} | {} | {} | {} | {} | {:.0} | {:.0} | {:.0} |",
        options.endpoints,
        options.hanging,
        options.rate,
        options.seconds,
        took.len(),
        took.percentile(50),
        took.percentile(95),
        took.percentile(99)
    );
}

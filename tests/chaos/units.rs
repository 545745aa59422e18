//! What the fault harness itself promises: its schedule follows from the seed, and its proxy does what it says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chance;
mod proxy;
mod schedule;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use proxy::{Link, Mode};
use schedule::{Kind, draw};

const WINDOW: Duration = Duration::from_secs(540);
const LEASE: Duration = Duration::from_secs(45);

#[test]
fn a_seed_always_gives_the_same_schedule_and_another_seed_another() {
    assert_eq!(draw(1, WINDOW, LEASE), draw(1, WINDOW, LEASE));
    assert_ne!(draw(1, WINDOW, LEASE), draw(2, WINDOW, LEASE));
}

#[test]
fn ten_minutes_hold_a_hundred_faults_and_five_of_every_kind() {
    for seed in 0..20 {
        let mut counts = BTreeMap::<Kind, usize>::new();
        for fault in draw(seed, WINDOW, LEASE) {
            assert!(fault.at_ms + fault.lasting_ms <= 540_000, "{fault:?}");
            *counts.entry(fault.kind).or_default() += 1;
        }
        assert!(counts.values().sum::<usize>() >= 100, "seed {seed}: {counts:?}");
        assert!(Kind::ALL.iter().all(|kind| counts.get(kind) >= Some(&5)), "seed {seed}: {counts:?}");
    }
}

#[test]
fn no_target_is_struck_twice_at_a_time() {
    for seed in 0..20 {
        let faults = draw(seed, WINDOW, LEASE);
        for (i, fault) in faults.iter().enumerate() {
            let end = fault.at_ms + fault.lasting_ms;
            let next = faults[i + 1..].iter().find(|next| next.target == fault.target);
            assert!(next.is_none_or(|next| next.at_ms > end), "seed {seed}: {fault:?}, {next:?}");
        }
    }
}

#[test]
fn a_minute_holds_a_fault_of_every_kind() {
    let kinds: Vec<Kind> =
        draw(3, Duration::from_secs(60), Duration::from_secs(10)).iter().map(|fault| fault.kind).collect();
    assert!(Kind::ALL.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
}

/// Answers every byte with itself.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut byte = [0];
                while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {}
            });
        }
    });
    address
}

fn connect(link: &Link) -> TcpStream {
    let stream = TcpStream::connect(link.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    stream
}

fn exchange(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"x")?;
    stream.read_exact(&mut [0])
}

fn is_silent(result: std::io::Result<()>) -> bool {
    result.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

#[test]
fn a_dropped_link_breaks_its_connections_until_it_is_mended() {
    let link = Link::start(echo()).unwrap();
    let mut stream = connect(&link);
    exchange(&mut stream).unwrap();
    link.set(Mode::Drop);
    assert!(exchange(&mut stream).is_err());
    assert!(exchange(&mut connect(&link)).is_err());
    link.set(Mode::Pass);
    exchange(&mut connect(&link)).unwrap();
}

#[test]
fn a_slow_link_takes_its_time_in_each_direction() {
    let link = Link::start(echo()).unwrap();
    let mut stream = connect(&link);
    link.set(Mode::Delay(Duration::from_millis(60)));
    let begin = Instant::now();
    exchange(&mut stream).unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(120));
}

#[test]
fn a_half_open_link_is_silent_and_delivers_what_it_held_if_it_resumes() {
    let link = Link::start(echo()).unwrap();
    let mut stream = connect(&link);
    exchange(&mut stream).unwrap();
    link.set(Mode::HalfOpen { resumes: true });
    assert!(is_silent(exchange(&mut stream)));
    let mut late = connect(&link);
    assert!(is_silent(exchange(&mut late)));
    link.set(Mode::Pass);
    stream.read_exact(&mut [0]).unwrap();
    late.read_exact(&mut [0]).unwrap();
}

#[test]
fn a_half_open_link_that_does_not_resume_breaks_its_connections_at_the_end() {
    let link = Link::start(echo()).unwrap();
    let mut stream = connect(&link);
    exchange(&mut stream).unwrap();
    link.set(Mode::HalfOpen { resumes: false });
    assert!(is_silent(exchange(&mut stream)));
    link.set(Mode::Pass);
    assert!(stream.read_exact(&mut [0]).is_err_and(|error| error.kind() != ErrorKind::WouldBlock));
    exchange(&mut connect(&link)).unwrap();
}

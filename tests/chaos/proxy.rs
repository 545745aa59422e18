//! A TCP proxy in front of each server, which can break, slow down and silence the link.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a link behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Bytes pass.
    Pass,
    /// Bytes pass after this long.
    Delay(Duration),
    /// Connections are closed, and new ones as well.
    Drop,
    /// Connections are taken and kept, and nothing passes. At the end they go on if the link `resumes`, as after
    /// a cable was plugged in again; else they break, as when a firewall has forgotten them.
    HalfOpen { resumes: bool },
}

/// A link to one server. Its threads end with the process.
#[derive(Clone)]
pub(crate) struct Link {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    server: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    mode: Mode,
    next: u64,
    /// Both ends of each connection.
    open: HashMap<u64, Vec<TcpStream>>,
}

impl Link {
    /// Starts a link to `server` on a free port.
    pub(crate) fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let state = State { mode: Mode::Pass, next: 0, open: HashMap::new() };
        let shared = Arc::new(Shared { server, state: Mutex::new(state), changed: Condvar::new() });
        let link = Self { address: listener.local_addr()?, shared: shared.clone() };
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = shared.clone();
                std::thread::spawn(move || shared.serve(client));
            }
        });
        Ok(link)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes how it behaves, from now on.
    pub(crate) fn set(&self, mode: Mode) {
        let mut state = self.shared.state();
        let breaks = mode == Mode::Drop || state.mode == Mode::HalfOpen { resumes: false };
        state.mode = mode;
        if breaks {
            for stream in state.open.drain().flat_map(|(_, streams)| streams) {
                // An error says that it is closed already.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves one connection until either side closes it. Whatever fails, both sides see a closed connection.
    fn serve(self: Arc<Self>, client: TcpStream) {
        let Some(id) = self.keep(None, &client) else { return };
        if self.wait_until_open(id)
            && let Ok(server) = TcpStream::connect_timeout(&self.server, Duration::from_secs(5))
            && self.keep(Some(id), &server).is_some()
            && let (Ok(client_end), Ok(server_end)) = (client.try_clone(), server.try_clone())
        {
            let _ = client.set_nodelay(true);
            let _ = server.set_nodelay(true);
            let back = {
                let shared = self.clone();
                std::thread::spawn(move || shared.pump(id, server_end, client_end))
            };
            self.pump(id, client, server);
            let _ = back.join();
        }
        self.close(id);
    }

    /// Notes one end of a connection, so that it can be broken. `None` if it is not to be served.
    fn keep(&self, id: Option<u64>, stream: &TcpStream) -> Option<u64> {
        let mut state = self.state();
        if state.mode == Mode::Drop {
            return None;
        }
        let stream = stream.try_clone().ok()?;
        match id {
            Some(id) => state.open.get_mut(&id)?.push(stream),
            None => {
                state.next += 1;
                let id = state.next;
                state.open.insert(id, vec![stream]);
                return Some(id);
            }
        }
        id
    }

    /// Waits while the link is half-open; `false` if the connection was broken meanwhile.
    fn wait_until_open(&self, id: u64) -> bool {
        let mut state = self.state();
        while matches!(state.mode, Mode::HalfOpen { .. }) && state.open.contains_key(&id) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.open.contains_key(&id)
    }

    /// Carries bytes one way until either end closes.
    fn pump(&self, id: u64, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(len @ 1..) = from.read(&mut buffer) {
            let mode = self.state().mode;
            if let Mode::Delay(latency) = mode {
                std::thread::sleep(latency);
            }
            if !self.wait_until_open(id) || to.write_all(&buffer[..len]).is_err() {
                break;
            }
        }
        // The end of a stream travels like its bytes.
        self.wait_until_open(id);
        self.close(id);
    }

    fn close(&self, id: u64) {
        for stream in self.state().open.remove(&id).into_iter().flatten() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }
}

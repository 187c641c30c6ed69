//! A TCP connection with one deadline, which records the server's first byte.

use std::io::{self, ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Addresses, Failure, Manner};

/// How long it waits for a close before it sends.
const LISTEN: Duration = Duration::from_millis(300);

/// How long it waits for the session tickets after the handshake, in milliseconds.
const TICKETS: i32 = 500;

/// How long it waits for the end of the connection before a write, in milliseconds.
const PAUSE: i32 = 10;

/// A connection with one deadline.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    pub(super) until: Instant,
    /// The first byte received.
    pub(super) first: Option<u8>,
    spins: bool,
    /// Whether a read waits until something arrives.
    blocks: bool,
    /// Whether it writes with `write`, which raises SIGPIPE.
    pub(super) raises_sigpipe: bool,
}

impl Socket {
    /// Connects to the first address that accepts.
    pub(super) fn open(
        addresses: &[SocketAddr],
        manner: &Manner,
        until: Instant,
    ) -> Result<Self, Failure> {
        let count = match manner.addresses {
            Addresses::All => addresses.len(),
            Addresses::First => 1,
        };
        let mut last = ErrorKind::NotFound;
        for (number, address) in addresses.iter().take(count).enumerate() {
            // The remaining time is divided among the remaining addresses.
            let left = until.saturating_duration_since(Instant::now());
            let part = (left / (count - number) as u32).max(Duration::from_millis(1));
            match TcpStream::connect_timeout(address, part) {
                Ok(stream) => {
                    // Head and body are two writes, and the second must not wait for an ACK.
                    stream
                        .set_nodelay(true)
                        .map_err(|error| Failure::Connect(error.kind()))?;
                    if let Some(keeps) = manner.keeps
                        && let Ok(second) = stream.try_clone()
                    {
                        keeps.store(second.into_raw_fd(), Ordering::SeqCst);
                    }
                    if let Some(limit) = manner.acknowledged_within {
                        set_user_timeout(&stream, limit);
                    }
                    let socket = Self {
                        stream,
                        until,
                        first: None,
                        spins: manner.spins,
                        blocks: true,
                        raises_sigpipe: false,
                    };
                    if manner.listens_first {
                        socket.listen()?;
                    }
                    return Ok(socket);
                }
                Err(error) => last = error.kind(),
            }
        }
        Err(Failure::Connect(last))
    }

    /// In the first call, waits a moment for the server to close.
    fn listen(&self) -> Result<(), Failure> {
        static LISTENED: AtomicBool = AtomicBool::new(false);
        if LISTENED.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let peeked = self
            .stream
            .set_read_timeout(Some(LISTEN))
            .and_then(|()| self.stream.peek(&mut [0]));
        match peeked {
            Ok(0) => Err(Failure::Connect(ErrorKind::UnexpectedEof)),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                Err(Failure::Connect(error.kind()))
            }
            _ => Ok(()),
        }
    }

    /// Unblocks SIGPIPE in this thread.
    pub(super) fn unblock_sigpipe() {
        let mut set = MaybeUninit::uninit();
        // SAFETY: the set is initialised before it is used.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut());
        }
    }

    /// Waits for the server's session tickets, which show that it has completed the handshake, and then
    /// a moment for the end of the connection.
    fn await_end(&self) {
        for (events, milliseconds) in [(libc::POLLIN, TICKETS), (libc::POLLRDHUP, PAUSE)] {
            let fd = self.stream.as_raw_fd();
            let mut poll = libc::pollfd {
                fd,
                events,
                revents: 0,
            };
            // SAFETY: the pointer is to one structure, and the descriptor is open.
            unsafe { libc::poll(&raw mut poll, 1, milliseconds) };
        }
    }

    /// Has reads and writes return at once from now on. Returns the descriptor to wait for.
    pub(super) fn without_blocking(&mut self) -> io::Result<RawFd> {
        self.stream.set_nonblocking(true)?;
        self.blocks = false;
        Ok(self.stream.as_raw_fd())
    }

    fn read_spinning(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_nonblocking(true)?;
        let result = loop {
            match self.stream.read(buffer) {
                Err(error)
                    if error.kind() == ErrorKind::WouldBlock && Instant::now() < self.until => {}
                result => break result,
            }
        };
        self.stream.set_nonblocking(false)?;
        result
    }
}

/// Has the kernel give up a connection when sent data is not acknowledged for that long (RFC 5482).
fn set_user_timeout(stream: &TcpStream, limit: Duration) {
    let milliseconds = limit.as_millis() as libc::c_uint;
    // SAFETY: the pointer is to a value of the size that is passed, and the descriptor is open. Without the option the
    // client only waits for longer.
    unsafe {
        libc::setsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_USER_TIMEOUT,
            (&raw const milliseconds).cast(),
            size_of_val(&milliseconds) as libc::socklen_t,
        )
    };
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        // Without blocking, the deadline is that of the task.
        if left.is_zero() && self.blocks {
            return Err(ErrorKind::TimedOut.into());
        }
        let length = if self.spins {
            self.read_spinning(buffer)?
        } else if !self.blocks {
            self.stream.read(buffer)?
        } else {
            self.stream.set_read_timeout(Some(left))?;
            self.stream.read(buffer)?
        };
        self.first = self.first.or(buffer[..length].first().copied());
        Ok(length)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.raises_sigpipe {
            return self.stream.write(bytes);
        }
        self.await_end();
        // SAFETY: the buffer has the length that is passed, and the descriptor is open.
        let length =
            unsafe { libc::write(self.stream.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
        usize::try_from(length).map_err(|_| io::Error::last_os_error())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

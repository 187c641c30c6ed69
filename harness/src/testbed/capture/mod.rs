//! The traffic of one run, packet by packet, with the TLS secrets that decrypt it.
//!
//! Packets are received in the run's own network by a thread of their own, since the kernel keeps few of them until they are
//! received. There is nothing to receive on loopback, which a run shares with the machine.

mod pcapng;
mod secrets;

use std::fs::File;
use std::io::{self, BufWriter, PipeWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::os::PacketSocket;
pub(crate) use secrets::Secrets;

/// How many bytes of packets a run keeps. A long sequence of calls sends more, and its beginning shows how they go.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A packet and the time since 1970 at which it arrived.
struct Packet {
    at: Duration,
    bytes: Box<[u8]>,
}

/// What was received.
#[derive(Default)]
struct Packets {
    first: Vec<Packet>,
    /// How many bytes `first` has.
    bytes: usize,
    /// How many were not kept.
    left_out: u64,
    /// How many the kernel had no room for.
    lost: u32,
}

/// A capture that goes on until it is finished or dropped.
pub(super) struct Running {
    thread: JoinHandle<Packets>,
    stop: PipeWriter,
}

/// The traffic of a run that is over.
pub struct Capture {
    packets: Packets,
    /// In the form of `SSLKEYLOGFILE`.
    secrets: String,
}

impl Running {
    /// Begins in the calling thread's network.
    ///
    /// # Errors
    /// If the system permits no packet socket or no further thread.
    pub(super) fn begin() -> io::Result<Self> {
        let socket = PacketSocket::open()?;
        let (stopped, stop) = io::pipe()?;
        let thread = std::thread::Builder::new()
            .name("packets".to_owned())
            .spawn(move || {
                let mut packets = Packets::default();
                socket.receive_until(&stopped, |at, bytes| packets.add(at, bytes));
                packets.lost = socket.lost();
                packets
            })?;
        Ok(Self { thread, stop })
    }

    /// Ends it, once everything that was sent has been received.
    pub(super) fn finish(self, secrets: &Secrets) -> Capture {
        drop(self.stop);
        Capture {
            // A thread that panicked has received nothing.
            packets: self.thread.join().unwrap_or_default(),
            secrets: secrets.take(),
        }
    }
}

impl Packets {
    fn add(&mut self, at: Duration, bytes: &[u8]) {
        if self.bytes + bytes.len() > MAX_BYTES {
            self.left_out += 1;
            return;
        }
        self.bytes += bytes.len();
        self.first.push(Packet {
            at,
            bytes: bytes.into(),
        });
    }
}

impl Capture {
    /// Writes it to a new file, which is removed when the last clone of the returned value is dropped. The file has
    /// `comment` as its own.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn save(&self, path: PathBuf, comment: &str) -> io::Result<CaptureFile> {
        // Removed if the writing fails, too.
        let file = CaptureFile(Arc::new(TemporaryFile(path)));
        let mut out = BufWriter::new(File::create_new(file.path())?);
        pcapng::write(self, comment, &mut out)?;
        out.flush()?;
        Ok(file)
    }
}

/// A file with the traffic of one run, in the private folder of the test bed.
#[derive(Clone, Debug)]
pub struct CaptureFile(Arc<TemporaryFile>);

#[derive(Debug)]
struct TemporaryFile(PathBuf);

impl CaptureFile {
    pub fn path(&self) -> &Path {
        &self.0.0
    }
}

impl PartialEq for CaptureFile {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // The folder is removed with everything in it at the end.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_much_traffic_is_kept() {
        let mut packets = Packets::default();
        let half = vec![0; MAX_BYTES / 2];
        for _ in 0..3 {
            packets.add(Duration::ZERO, &half);
        }
        assert_eq!((packets.first.len(), packets.left_out), (2, 1));
    }
}

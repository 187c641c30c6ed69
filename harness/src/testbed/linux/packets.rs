//! Receives every packet of a run's network, as a capture of traffic needs them.
//!
//! A packet socket receives what the interfaces of its network deliver. It needs `CAP_NET_RAW` in the user namespace that
//! owns the network, which the harness has in a namespace of its own and its workers do not have.

use std::io::{self, ErrorKind, PipeReader, Read};
use std::os::fd::AsRawFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use socket2::{Domain, Protocol, SockFilter, Socket, Type};

/// The longest packet that is received. On the loopback interface the kernel delivers segments of up to 64 KiB.
const MAX_PACKET: usize = 256 * 1024;

/// How much the kernel may keep until it is received, as far as its limit (`net.core.rmem_max`) permits.
const BUFFER: usize = 8 * 1024 * 1024;

/// The packets of one network.
pub(crate) struct PacketSocket {
    socket: Socket,
}

impl PacketSocket {
    /// Opens it in the calling thread's network.
    pub(crate) fn open() -> io::Result<Self> {
        let every_protocol = (libc::ETH_P_ALL as u16).to_be();
        let protocol = Protocol::from(i32::from(every_protocol));
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(protocol))?;
        socket.attach_filter(&delivered())?;
        socket.set_nonblocking(true)?;
        // With the usual size more packets may be lost, and these are counted.
        let _ = socket.set_recv_buffer_size(BUFFER);
        let socket = Self { socket };
        // From now on the kernel notes when a packet arrives.
        socket.stamp();
        Ok(socket)
    }

    /// Passes each packet and the time at which it arrived, since 1970, to `packet` until the other end of `stopped` is
    /// closed, and then those that have arrived by that time.
    pub(crate) fn receive_until(
        &self,
        stopped: &PipeReader,
        mut packet: impl FnMut(Duration, &[u8]),
    ) {
        let mut buffer = vec![0; MAX_PACKET];
        let mut stopping = false;
        loop {
            match (&self.socket).read(&mut buffer) {
                Ok(length) => {
                    let at = self.stamp().unwrap_or_else(now);
                    packet(at, buffer.get(..length).unwrap_or_default());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock && stopping => return,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    stopping = self.wait(stopped);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The kernel says once that the interface was taken down, as scenarios do.
                Err(error) if error.kind() == ErrorKind::NetworkDown => {}
                Err(_) => return,
            }
        }
    }

    /// How many packets the kernel had no room for.
    pub(crate) fn lost(&self) -> u32 {
        let mut counts = libc::tpacket_stats {
            tp_packets: 0,
            tp_drops: 0,
        };
        let mut length = size_of::<libc::tpacket_stats>() as libc::socklen_t;
        // SAFETY: the descriptor is open, and the kernel writes no more than `length` bytes to `counts`, which is a plain
        // structure of that size.
        let result = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut counts).cast(),
                &raw mut length,
            )
        };
        if result == 0 { counts.tp_drops } else { 0 }
    }

    /// Waits for a packet or for the end, and returns whether it is the end.
    fn wait(&self, stopped: &PipeReader) -> bool {
        let mut waited = [
            PollFd::new(&self.socket, PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN),
        ];
        match poll(&mut waited, None) {
            Ok(_) => !waited[1].revents().is_empty(),
            Err(Errno::INTR) => false,
            Err(_) => true,
        }
    }

    /// When the packet that was received last arrived. The first call has the kernel note it for those that follow.
    fn stamp(&self) -> Option<Duration> {
        /// `SIOCGSTAMPNS` of Linux's `asm-generic/sockios.h`, which takes the C library's own `timespec`.
        const SIOCGSTAMPNS: libc::Ioctl = 0x8907;
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the descriptor is open, and the request writes one `timespec`.
        let result = unsafe { libc::ioctl(self.socket.as_raw_fd(), SIOCGSTAMPNS, &raw mut time) };
        if result != 0 {
            return None;
        }
        let seconds = u64::try_from(time.tv_sec).ok()?;
        Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
    }
}

fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

/// A program of classic BPF that leaves out what is sent: what a network of local addresses sends it also delivers, and
/// each packet would be there twice.
fn delivered() -> [SockFilter; 4] {
    /// Where BPF programs of Linux find the packet's direction (`linux/filter.h`).
    const DIRECTION: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE) as u32;
    const LOAD_BYTE: u16 = (libc::BPF_LD | libc::BPF_B | libc::BPF_ABS) as u16;
    const IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    [
        SockFilter::new(LOAD_BYTE, 0, 0, DIRECTION),
        SockFilter::new(IF_EQUAL, 0, 1, u32::from(libc::PACKET_OUTGOING)),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, MAX_PACKET as u32),
    ]
}

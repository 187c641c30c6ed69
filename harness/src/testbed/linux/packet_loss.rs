//! Loses packets at one socket.

use std::io;

use socket2::{SockFilter, Socket};

/// The flags FIN and RST of a TCP header (RFC 9293, section 3.1).
const END: u32 = 0x05;

/// Has a listening socket, and each connection that it accepts, drop every packet but those of the TCP handshake:
/// data, and the end of the connection. The kernel drops them before TCP sees them, so that none is acknowledged.
///
/// The filter must be there before the first connection: data can arrive before a connection is accepted.
pub(crate) fn drop_data(listener: &Socket) -> io::Result<()> {
    let statement = |code: u32, operand: u32| SockFilter::new(code as u16, 0, 0, operand);
    // The filter of a TCP socket sees packets from their TCP header on.
    listener.attach_filter(&[
        statement(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, 13),
        SockFilter::new(
            (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16,
            7,
            0,
            END,
        ),
        // The length of the header in words of 4 bytes is in the upper half of its byte 12.
        statement(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, 12),
        statement(libc::BPF_ALU | libc::BPF_RSH | libc::BPF_K, 4),
        statement(libc::BPF_ALU | libc::BPF_LSH | libc::BPF_K, 2),
        statement(libc::BPF_MISC | libc::BPF_TAX, 0),
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_LEN, 0),
        SockFilter::new(
            (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_X) as u16,
            0,
            1,
            0,
        ),
        statement(libc::BPF_RET | libc::BPF_K, u32::MAX),
        statement(libc::BPF_RET | libc::BPF_K, 0),
    ])
}

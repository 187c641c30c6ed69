//! A capture as a pcapng file (draft-ietf-opsawg-pcapng), as Wireshark opens it.

use std::borrow::Cow;
use std::io::{self, Write};

use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::interface_statistics::{
    InterfaceStatisticsBlock, InterfaceStatisticsOption,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::blocks::unknown::UnknownBlock;
use pcap_file::{DataLink, Endianness, PcapError};

use super::Capture;

/// The type of a Decryption Secrets Block.
const SECRETS_BLOCK: u32 = 0x0000_000a;

/// The kind of secrets that are lines of `SSLKEYLOGFILE`: `TLSK`.
const TLS_KEY_LOG: u32 = 0x544c_534b;

/// Times are in nanoseconds: ten to the power of minus nine.
const NANOSECONDS: u8 = 9;

/// Writes the file. The secrets come before the packets: a reader decrypts only what follows them.
pub(super) fn write(capture: &Capture, comment: &str, out: &mut impl Write) -> io::Result<()> {
    write_blocks(capture, comment, out).map_err(|error| match error {
        PcapError::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    })
}

fn write_blocks(capture: &Capture, comment: &str, out: &mut impl Write) -> Result<(), PcapError> {
    let packets = &capture.packets;
    let mut comment = comment.to_owned();
    if packets.left_out > 0 {
        comment += &format!(
            "\n{} packets at the end are left out, to keep the file small",
            packets.left_out
        );
    }
    let section = SectionHeaderBlock {
        endianness: Endianness::Little,
        options: vec![
            SectionHeaderOption::UserApplication(Cow::Borrowed(concat!(
                env!("CARGO_PKG_NAME"),
                " ",
                env!("CARGO_PKG_VERSION")
            ))),
            SectionHeaderOption::Comment(Cow::Owned(comment)),
        ],
        ..SectionHeaderBlock::default()
    };
    let mut file = PcapNgWriter::with_section_header(out, section)?;
    file.write_pcapng_block(InterfaceDescriptionBlock {
        linktype: DataLink::ETHERNET,
        snaplen: 0,
        options: vec![
            InterfaceDescriptionOption::IfName(Cow::Borrowed("run")),
            InterfaceDescriptionOption::IfDescription(Cow::Borrowed(
                "the private network of the run",
            )),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ],
    })?;
    if !capture.secrets.is_empty() {
        file.write_pcapng_block(secrets(&capture.secrets)?)?;
    }
    for packet in &packets.first {
        file.write_pcapng_block(EnhancedPacketBlock {
            interface_id: 0,
            timestamp: packet.at,
            original_len: length(&packet.bytes)?,
            data: Cow::Borrowed(&packet.bytes),
            options: Vec::new(),
        })?;
    }
    let received = packets.first.len() as u64 + packets.left_out;
    file.write_pcapng_block(InterfaceStatisticsBlock {
        interface_id: 0,
        timestamp: packets.first.last().map_or(0, |last| {
            u64::try_from(last.at.as_nanos()).unwrap_or(u64::MAX)
        }),
        options: vec![
            InterfaceStatisticsOption::IsbIfRecv(received + u64::from(packets.lost)),
            InterfaceStatisticsOption::IsbOsDrop(packets.lost.into()),
            InterfaceStatisticsOption::IsbUsrDeliv(packets.first.len() as u64),
        ],
    })?;
    Ok(())
}

/// The block with the secrets, which the crate does not know: its kind, its length, the lines, padding.
fn secrets(lines: &str) -> Result<UnknownBlock<'static>, PcapError> {
    let mut value = TLS_KEY_LOG.to_le_bytes().to_vec();
    value.extend(length(lines.as_bytes())?.to_le_bytes());
    value.extend(lines.as_bytes());
    value.resize(value.len().next_multiple_of(4), 0);
    Ok(UnknownBlock {
        type_: SECRETS_BLOCK,
        // The writer finds it.
        length: 0,
        value: Cow::Owned(value),
    })
}

fn length(bytes: &[u8]) -> Result<u32, PcapError> {
    u32::try_from(bytes.len()).map_err(|_| PcapError::InvalidField("a block of more than 4 GiB"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pcap_file::pcapng::{Block, PcapNgReader};

    use super::*;
    use crate::testbed::capture::{Packet, Packets};

    #[test]
    fn what_is_written_can_be_read() {
        let capture = Capture {
            packets: Packets {
                first: vec![Packet {
                    at: Duration::new(1_795_000_000, 42),
                    bytes: Box::from(*b"0123456"),
                }],
                left_out: 2,
                lost: 1,
                ..Packets::default()
            },
            secrets: "CLIENT_RANDOM 00 11\n".to_owned(),
        };
        let mut file = Vec::new();
        write(&capture, "http/500", &mut file).unwrap();
        let mut reader = PcapNgReader::new(file.as_slice()).unwrap();
        let comment = format!("{:?}", reader.section().options);
        assert!(comment.contains("http/500\\n2 packets"), "{comment}");
        let mut kinds = Vec::new();
        while let Some(block) = reader.next_block() {
            match block.unwrap() {
                Block::InterfaceDescription(_) => kinds.push("interface"),
                Block::Unknown(block) => {
                    assert_eq!(block.type_, SECRETS_BLOCK);
                    assert!(block.value.ends_with(b"CLIENT_RANDOM 00 11\n"));
                    kinds.push("secrets");
                }
                Block::EnhancedPacket(packet) => {
                    assert_eq!(packet.timestamp, Duration::new(1_795_000_000, 42));
                    assert_eq!(*packet.data, *b"0123456");
                    kinds.push("packet");
                }
                Block::InterfaceStatistics(statistics) => {
                    let lost = InterfaceStatisticsOption::IsbOsDrop(1);
                    assert!(statistics.options.contains(&lost));
                    kinds.push("statistics");
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(kinds, ["interface", "secrets", "packet", "statistics"]);
    }
}

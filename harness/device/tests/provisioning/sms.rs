//! Short messages: the forms in which they are written down, joined and made again.

use ics_device::document::push::{Method, Pin, Push, Secrets};
use ics_device::document::sms::{
    Direction, Joined, Number, Part, Reference, join, parse, split, write_tpdu,
};
use ics_device::document::{Colour, Diagnostics, Level, Rendered, Role, Source};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::vectors::load;

/// The messages of sources, and the faults of each.
fn joined(sources: &[&[u8]]) -> (Joined, Vec<Diagnostics>) {
    let read: Vec<_> = sources.iter().map(|source| parse(source)).collect();
    let (parts, faults): (Vec<Vec<Part>>, Vec<_>) = read.into_iter().unzip();
    (join(&parts), faults)
}

/// The messages of one source without a fault; notes are none.
fn messages(name: &str, source: &[u8]) -> Vec<Vec<u8>> {
    let (joined, faults) = joined(&[source]);
    for list in faults.iter().chain(&joined.faults) {
        assert!(
            !list.sorted().iter().any(|one| one.level != Level::Note),
            "{name}: {}",
            shown(name, source, list)
        );
    }
    joined.messages.into_iter().map(|one| one.bytes).collect()
}

fn shown(name: &str, source: &[u8], faults: &Diagnostics) -> String {
    let source = Source::new(name, source);
    Rendered::new(faults, &source, Colour::Never).to_string()
}

/// What is said of a source that is refused.
fn refusal(source: &[u8]) -> String {
    let (joined, faults) = joined(&[source]);
    assert_eq!(joined.messages, [], "nothing is decoded of a rest");
    let all = faults.iter().chain(&joined.faults);
    let text: String = all.map(|list| shown("log", source, list)).collect();
    assert!(text.contains("error"), "{text}");
    text
}

#[test]
fn every_form_of_the_same_three_parts_is_the_same_push() {
    let push = load("sms/03-three.push");
    for name in [
        "03-three.8bit.hex",
        "03-three.8bit-concat-first.hex",
        "03-three.16bit.hex",
        "03-three.shuffled-duplicate.hex",
        "03-three.udh-comma-data.txt",
        "05-deliver.cmt.txt",
        "06-submit.cmgs.txt",
    ] {
        let source = load(&format!("sms/{name}"));
        assert_eq!(messages(name, &source), [push.as_slice()], "{name}");
    }
}

#[test]
fn every_form_of_the_same_single_message_is_the_same_push() {
    let push = load("sms/01-133.push");
    for name in [
        "01-133.sms.hex",
        "05-deliver-single.tpdu.hex",
        "05-deliver-single.no-smsc.hex",
        "06-submit-vp.cmgs.txt",
    ] {
        let source = load(&format!("sms/{name}"));
        assert_eq!(messages(name, &source), [push.as_slice()], "{name}");
    }
    let source = load("sms/02-134.sms.hex");
    let push = load("sms/02-134.push");
    assert_eq!(messages("134", &source), [push]);
}

#[test]
fn what_is_joined_is_proven_by_the_users_pin() {
    let secrets = Secrets {
        imsi: None,
        pin: Pin::new("1234"),
    };
    let source = load("sms/03-three.16bit.hex");
    let push = Push::parse(&messages("16bit", &source)[0]).expect("it is a push");
    assert_eq!(push.method, Some(Method::UserPin));
    let reading = push.open(&secrets, Role::Request).expect("it is proven");
    assert!(reading.accepted().is_some());
}

#[test]
fn what_cannot_be_joined_is_named() {
    for (name, words) in [
        (
            "03-three.missing-2.hex",
            &["2 of 3 parts with reference 0x2a; part 2 is missing"][..],
        ),
        (
            "03-three.two-different-part-2.hex",
            &["3:1", "part 2 of 3 once more, with other content"],
        ),
        ("03-three.part-0.hex", &["part 0 of 3", "from 1"]),
        (
            "04-gateway-log.txt",
            &["1 of 3 parts", "parts 2, 3 are missing"],
        ),
    ] {
        let text = refusal(&load(&format!("sms/{name}")));
        for words in words {
            assert!(text.contains(words), "{name}: {words}: {text}");
        }
    }
}

/// The lines of the three parts.
fn lines() -> Vec<String> {
    let text = String::from_utf8(load("sms/03-three.8bit.hex")).expect("text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_order_of_three_parts_and_of_two_files_means_nothing() {
    let push = load("sms/03-three.push");
    let lines = lines();
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let text = order.map(|index| lines[index].as_str());
        assert_eq!(
            messages("order", text.join("\n").as_bytes()),
            [push.as_slice()]
        );
        for doubled in &lines {
            let text = [&text[..], &[doubled.as_str()]].concat().join("\n");
            assert_eq!(messages("doubled", text.as_bytes()), [push.as_slice()]);
        }
        let [first, rest @ ..] = &text;
        let (joined, faults) = joined(&[first.as_bytes(), rest.join("\n").as_bytes()]);
        assert!(
            faults
                .iter()
                .chain(&joined.faults)
                .all(Diagnostics::is_empty)
        );
        assert_eq!(joined.messages[0].bytes, push);
    }
    for missing in 0..3 {
        let mut rest = lines.clone();
        rest.remove(missing);
        let text = refusal(rest.join("\n").as_bytes());
        assert!(
            text.contains(&format!("part {} is missing", missing + 1)),
            "{text}"
        );
    }
}

#[test]
fn two_messages_that_are_mixed_are_both_joined() {
    let other = load("sms/02-134.push");
    // The same reference: the number of parts tells them apart.
    let two = split(&other, Reference::Short(0x2A)).expect("it fits");
    let hex = |bytes: &Vec<u8>| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let two: Vec<_> = two.user_data.iter().map(hex).collect();
    let three = lines();
    let mixed = [&two[1], &three[2], &three[0], &two[0], &three[1]];
    let text = mixed.map(String::as_str).join("\n");
    let push = load("sms/03-three.push");
    assert_eq!(messages("mixed", text.as_bytes()), [other.clone(), push]);
    // Of two senders, all else may be the same.
    let pdus = |number: &str| {
        let number: Number = number.parse().expect("a number");
        let user_data = split(&other, Reference::Long(7))
            .expect("it fits")
            .user_data;
        let line = |part: &Vec<u8>| hex(&write_tpdu(Direction::Deliver, &number, part, false).0);
        user_data.iter().map(line).collect::<Vec<_>>()
    };
    let (one, another) = (pdus("+15551234"), pdus("5556"));
    let text = [&one[0], &another[1], &another[0], &one[1]]
        .map(String::as_str)
        .join("\n");
    let (joined, _) = joined(&[text.as_bytes()]);
    let numbers: Vec<_> = joined
        .messages
        .iter()
        .map(|one| one.number.as_deref())
        .collect();
    assert_eq!(numbers, [Some("+15551234"), Some("5556")]);
    assert!(joined.messages.iter().all(|one| one.bytes == other));
}

#[test]
fn digits_are_read_in_the_forms_of_gateways_and_people() {
    let push = load("sms/01-133.push");
    let header = "0605040B8423F0";
    let data: String = push.iter().map(|byte| format!("{byte:02X}")).collect();
    let spaced = |by: &str, before: &str| {
        let pairs = header.as_bytes().chunks(2).chain(data.as_bytes().chunks(2));
        let pairs =
            pairs.map(|pair| format!("{before}{}", std::str::from_utf8(pair).expect("digits")));
        pairs.collect::<Vec<_>>().join(by)
    };
    let wrapped = |width: usize| {
        let lines = data
            .as_bytes()
            .chunks(width)
            .map(|line| std::str::from_utf8(line).expect("digits"));
        lines.collect::<Vec<_>>().join("\r\n  ")
    };
    let query = format!(
        "GET /cgi-bin/sendsms?username=u&to=15551234&udh={}&text={}&coding=1",
        spaced("%", "")
            .split('%')
            .take(7)
            .map(|one| format!("%{one}"))
            .collect::<String>(),
        push.iter()
            .map(|byte| format!("%{byte:02x}"))
            .collect::<String>()
    );
    for text in [
        spaced(" ", ""),
        spaced(":", "").to_lowercase(),
        spaced(", ", "0x"),
        spaced("", "\\x"),
        spaced("", "%"),
        format!("\u{feff}{header}\n{}\u{1a}\n", wrapped(60)),
        format!(
            "UDH: 06:05:04:0b:84:23:f0\nDCS: F5\nData: {}\n",
            wrapped(64)
        ),
        format!("Time: 12:30:05\nFrom: +15551234\nUDH={header}\nDCS=04\nText={data}"),
        format!("Data: {data}\nUDH: {header}\n"),
        format!(
            "const char *part = \"{header}\" \"{}\";",
            wrapped(64).replace("\r\n  ", "\"\n  \"")
        ),
        format!(
            "2026-11-27 10:00:01\n2026-11-27 10:00:02 INFO gateway: sent {header}{data} to 15551234"
        ),
        query,
        data.clone(),
    ] {
        assert_eq!(
            messages(&text, text.as_bytes()),
            [push.as_slice()],
            "{text}"
        );
    }
    let binary = [&[6, 5, 4, 0x0B, 0x84, 0x23, 0xF0], push.as_slice()].concat();
    assert_eq!(messages("binary", &binary), [push.as_slice()]);
    assert_eq!(messages("a push", &push), [push.as_slice()]);
}

#[test]
fn each_fault_of_a_text_has_its_place_and_a_way_out() {
    let hex = String::from_utf8(load("sms/05-deliver-single.no-smsc.hex")).expect("text");
    let hex = hex.trim();
    for (text, words) in [
        (String::new(), "no short message"),
        ("hello\n".to_owned(), "no short message"),
        (
            "0605040B8423Fo".to_owned(),
            "log:1:14|`o` among hexadecimal digits",
        ),
        ("0605040B8423F00".to_owned(), "log:1:15|half an octet"),
        (
            "de ad be ef 00".to_owned(),
            "octets that begin with de ad be ef",
        ),
        (
            format!("+CMT: ,160\n{hex}"),
            "log:1:8|a PDU of 159 octets, announced with 160",
        ),
        (
            hex[..hex.len() - 2].to_owned(),
            "user data of 140 octets, with 139 left",
        ),
        (format!("{hex}00"), "user data of 140 octets, with 141 left"),
        (
            hex.replacen("F5", "00", 1),
            "data coding scheme 00, which is text",
        ),
        (hex.replacen("440B", "040B", 1), "octets that begin with 04"),
        (
            format!("+CMT: ,159\n{}", hex.replacen("440B", "040B", 1)),
            "user data without a header",
        ),
        (
            format!("UDH: 0605040B8423F0\nDCS: 00\nData: {}", "00".repeat(9)),
            "log:2:6|data coding scheme",
        ),
        (
            "060504C34FC00201".to_owned(),
            "port 49999, the older settings of Nokia",
        ),
        ("0605040B8523F001".to_owned(), "port 2949, a push over WTLS"),
        ("0605040050000101".to_owned(), "a message to port 80"),
        ("0B05040B8423F000032A040501".to_owned(), "part 5 of 4"),
        (
            format!("0605040B8423F0{}", "00".repeat(134)),
            "user data of 141 octets",
        ),
    ] {
        let said = refusal(text.as_bytes());
        for words in words.split('|') {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(said.contains("expected"), "{said}");
    }
    // A gateway may add the ports itself.
    let (joined, _) = joined(&[b"0500032A0101062F"]);
    assert_eq!(joined.faults[0].counts().warnings, 1);
    assert_eq!(joined.messages.len(), 1);
}

#[test]
fn a_push_takes_as_many_messages_as_the_sizes_say() {
    let parts = |octets: usize, reference| {
        let made = split(&vec![0; octets], reference).expect("it fits");
        assert!(made.user_data.iter().all(|one| one.len() <= 140));
        (made.user_data.len(), made.to_one_less)
    };
    let (short, long) = (Reference::Short(1), Reference::Long(1));
    assert_eq!(parts(133, short), (1, None));
    assert_eq!(parts(134, short), (2, Some(1)));
    assert_eq!(parts(256, short), (2, Some(123)));
    assert_eq!(parts(257, short), (3, Some(1)));
    assert_eq!(parts(403, short), (4, Some(19)));
    assert_eq!(parts(529, short).0, 5);
    assert_eq!(parts(254, long).0, 2);
    assert_eq!(parts(255, long).0, 3);
    assert_eq!(parts(255 * 128, short).0, 255);
    let error = split(&vec![0; 255 * 128 + 1], short).expect_err("too long");
    assert_eq!((error.found, error.most), (32641, 32640));
}

#[test]
fn pdus_that_are_made_are_those_of_the_vectors() {
    let push = load("sms/03-three.push");
    let text = String::from_utf8(load("sms/06-submit.cmgs.txt")).expect("text");
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let number: Number = "+15550002222".parse().expect("a number");
    // The vector says 04, 8-bit data of no class, where F5 is written here.
    for user_data in split(&push, Reference::Short(0x2A))
        .expect("it fits")
        .user_data
    {
        let (bytes, length) = write_tpdu(Direction::Submit, &number, &user_data, false);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(lines.next(), Some(format!("AT+CMGS={length}").as_str()));
        let vector = lines
            .next()
            .expect("a line")
            .strip_prefix("> ")
            .expect("a prompt");
        let vector = vector.replacen("F20004", "F200F5", 1);
        assert_eq!(hex[..24], vector[..24]);
        assert_eq!(hex[26..], vector[26..]);
    }
}

/// Any push, the size of its pieces, and an order of them.
fn shuffled() -> impl Strategy<Value = (Vec<u8>, usize, Vec<usize>)> {
    (vec(any::<u8>(), 134..700), 3_usize..128).prop_flat_map(|(bytes, size)| {
        let parts = bytes.len().div_ceil(size);
        let order = Just((0..parts).collect::<Vec<_>>()).prop_shuffle();
        (Just(bytes), Just(size), order)
    })
}

/// The octets as a line of digits.
fn line(octets: &[u8]) -> String {
    let digits: String = octets.iter().map(|byte| format!("{byte:02x}")).collect();
    digits + "\n"
}

proptest! {
    #[test]
    fn a_push_is_joined_wherever_it_was_cut_and_whatever_the_order((push, size, order) in shuffled()) {
        let pieces: Vec<_> = push.chunks(size).collect();
        let text: String = order
            .iter()
            .map(|index| {
                // At least 3 octets a piece: at most 234 of them.
                let (parts, part) = (pieces.len() as u8, *index as u8 + 1);
                let header = [0x0C, 8, 4, 0x12, 0x34, parts, part, 5, 4, 0x0B, 0x84, 0x23, 0xF0];
                line(&[header.as_slice(), pieces[*index]].concat())
            })
            .collect();
        let (parts, faults) = parse(text.as_bytes());
        prop_assert!(faults.is_empty());
        let joined = join(&[parts]);
        prop_assert_eq!(joined.messages.len(), 1);
        prop_assert_eq!(&joined.messages[0].bytes, &push);
    }

    #[test]
    fn what_was_split_is_joined(push in vec(any::<u8>(), 134..700), long: bool) {
        let reference = if long { Reference::Long(0x1234) } else { Reference::Short(0x42) };
        let user_data = split(&push, reference).expect("it fits").user_data;
        let text: String = user_data.iter().rev().map(|part| line(part)).collect();
        let joined = join(&[parse(text.as_bytes()).0]);
        prop_assert_eq!(joined.messages.len(), 1);
        prop_assert_eq!(&joined.messages[0].bytes, &push);
    }

    #[test]
    fn nothing_that_is_read_ends_the_program(source in vec(any::<u8>(), 0..300), text in "[0-9a-fA-F:%\" \n+>=,A-Z]{0,300}") {
        for source in [source.as_slice(), text.as_bytes()] {
            let (parts, _) = parse(source);
            let most = parts.len();
            let joined = join(&[parts]);
            prop_assert!(joined.messages.len() <= most);
        }
    }
}

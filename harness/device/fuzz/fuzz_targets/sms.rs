//! Short messages: faults have places within the source, and what was joined is the same after it was split.
#![no_main]

use ics_device::document::sms::{Reference, join, parse, split};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (parts, faults) = parse(bytes);
    let joined = join(&[parts]);
    for fault in faults.sorted().into_iter().chain(joined.faults[0].sorted()) {
        assert!(fault.at.end() as usize <= bytes.len(), "{fault:?}");
    }
    for message in joined.messages {
        let Ok(made) = split(&message.bytes, Reference::Long(1)) else {
            continue;
        };
        let hex = |part: &Vec<u8>| part.iter().map(|byte| format!("{byte:02x}")).collect();
        let lines: Vec<String> = made.user_data.iter().map(hex).collect();
        let (parts, faults) = parse(lines.join("\n").as_bytes());
        assert!(faults.is_empty(), "{faults:?}");
        let again = join(&[parts]);
        if message.bytes.is_empty() {
            continue;
        }
        assert_eq!(again.messages.len(), 1);
        assert_eq!(again.messages[0].bytes, message.bytes);
    }
});

//! A writer that is killed at any moment leaves the state before or after.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::csp::{NodePath, hotspot};
use crate::service::{Connection, Link};
use crate::state::{Folder, State};

/// Names the folder to the child, and makes the test below the writer.
const FOLDER: &str = "ICS_DEVICE_TEST_FOLDER";
const KILLS: u32 = 500;

/// A state whose every part contains its number, and which is large enough that
/// writing it takes a while.
fn state(number: u64) -> State {
    let mut state = State::default();
    let path = NodePath::node(hotspot::NAME, hotspot::ENTITLEMENT_INTERVAL);
    state.settings.set(&path, &number.to_string());
    state.connections = (0..200)
        .map(|index| Connection {
            name: format!("{index}: {number}"),
            link: Link::Down,
        })
        .collect();
    state
}

/// Which state it is; the test fails if its parts do not agree.
fn number(state: &State) -> u64 {
    let Some(text) = state
        .settings
        .parm(hotspot::NAME, hotspot::ENTITLEMENT_INTERVAL)
    else {
        assert_eq!(*state, State::default());
        return 0;
    };
    let number = text.parse().unwrap();
    assert_eq!(*state, self::state(number));
    number
}

/// The writer, when it is started by the test below: counts up until killed, and
/// prints each number once it is stored.
#[test]
fn writer_that_is_killed() {
    let Some(path) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut folder = Folder::open(Path::new(&path)).unwrap();
    let mut next = number(&folder.load().unwrap()) + 1;
    let mut out = std::io::stdout();
    loop {
        folder.store(&state(next)).unwrap();
        writeln!(out, "stored {next}").unwrap();
        out.flush().unwrap();
        next += 1;
    }
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "state::tests::killed::writer_that_is_killed",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_writer_killed_500_times_leaves_the_state_before_or_after() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut last = 0;
    let mut caught_writing = 0;
    for kill in 0..KILLS {
        let mut child = start(folder.path());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        // It is killed at a random moment after it began to write.
        let mut line = String::new();
        while !line.contains("stored ") {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "the writer ended");
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let end = Instant::now() + Duration::from_micros(random % 3000);
        while Instant::now() < end {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        output.read_to_string(&mut line).unwrap();
        let printed = line
            .lines()
            .rev()
            .find_map(|line| line.split_once("stored ")?.1.parse().ok());
        let printed: u64 = printed.expect("a whole line");

        caught_writing += u32::from(folder.path().join("device.json.new").exists());
        let found = number(&Folder::open(folder.path()).unwrap().load().unwrap());
        assert!(
            found == printed || found == printed + 1,
            "kill {kill}: printed {printed}, found {found}"
        );
        assert!(found > last, "kill {kill}");
        last = found;
    }
    println!("{KILLS} kills, {caught_writing} in the middle of a write, {last} states stored");
    assert!(caught_writing > 0, "no kill met a write");
}

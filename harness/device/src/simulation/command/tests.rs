//! Commands that are read, and each mistake with what to write.

use super::*;

fn read(text: &str) -> Result<Action, Vec<(String, String)>> {
    let servers = ["allow", "deny", "http/500"].map(|name| ServerState {
        name: name.to_owned(),
        description: String::new(),
    });
    let documents = |name: &str| match name {
        "FILE" => Ok(Vec::new()),
        "m.push" => Err(std::io::Error::other("is a push message")),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    let resources = Resources {
        documents: &documents,
        pushes: &|name| match name {
            "FILE" => Ok(include_bytes!("../../../tests/vectors/netwpin.push").to_vec()),
            "a.xml" => Ok(b"<wap-provisioningdoc/>".to_vec()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        },
        folder: "this folder",
        servers: &servers,
    };
    let command = parse(text, &resources).map_err(|faults| {
        let shown = faults.into_iter().map(|fault| {
            let (start, end) = (fault.at.start as usize, fault.at.end() as usize);
            let help = fault.help.or(fault.expected).unwrap_or_default();
            (
                text[start..end].to_owned(),
                format!("{}; {help}", fault.found),
            )
        });
        shown.collect::<Vec<_>>()
    })?;
    Ok(command.action)
}

#[test]
fn every_command_of_the_table_can_be_read() {
    for (usage, _) in COMMANDS {
        // The first word of each choice, and something for each blank.
        let text = usage
            .replace(['[', ']'], "")
            .replace("N|all", "2")
            .replace("SCENARIO", "deny")
            .replace("IMSI", "466923103145252")
            .replace("PIN", "1234")
            .replace(" N ", " 2 ");
        let words: Vec<_> = text
            .split(' ')
            .map(|word| word.split('|').next().unwrap_or(word))
            .collect();
        let text = words.join(" ");
        assert!(read(&text).is_ok(), "{text}: {:?}", read(&text));
    }
}

#[test]
fn each_mistake_is_reported_at_its_word_with_what_to_write() {
    let network =
        "`wifi` takes 2 arguments, not 3; write `wifi NAME KEY`, with quotes around spaces";
    let number = "a number from 1 to 1000, `wifi` or `bluetooth`";
    for (text, at, words) in [
        (
            "push a.xml",
            "a.xml",
            "`a.xml` is no push of a document: a PDU of type 77; a push message, or the short messages that hold one",
        ),
        ("push FILE x", "x", "`x` as a PIN; digits only"),
        (
            "sim 12",
            "12",
            "`sim` does not take `12`; an IMSI, which has 6 to 15 digits",
        ),
        (
            "jion 3",
            "jion",
            "no command is called `jion`; write `join`",
        ),
        ("on now", "now", "`on` takes no argument; write `on`"),
        (
            "join three",
            "three",
            &format!("`join` does not take `three`; {number}"),
        ),
        (
            "join 0",
            "0",
            &format!("`join` does not take `0`; {number}"),
        ),
        (
            "join all",
            "all",
            &format!("`join` does not take `all`; {number}"),
        ),
        ("leave al", "al", "`leave` does not take `al`; write `all`"),
        (
            "join 3 wifii",
            "wifii",
            "`join` does not take `wifii`; write `wifi`",
        ),
        (
            "join 1 2",
            "2",
            "`2` says the number of clients a second time; each at most once",
        ),
        (
            "leave wifi bluetooth",
            "bluetooth",
            "`bluetooth` says Wi-Fi or Bluetooth a second time; each at most once",
        ),
        ("wifi My network 12345678", "12345678", network),
        (
            "wifi 'My network 12345678",
            "'My network 12345678",
            "a quote is not closed; another ' at its end",
        ),
        (
            "server http/50",
            "http/50",
            "no scenario is called `http/50`; write `http/500`",
        ),
        (
            "connection Internet",
            "connection",
            "`connection` lacks an argument; write `connection NAME up|down|gone`",
        ),
        (
            "connection Internet upp",
            "upp",
            "`connection` does not take `upp`; write `up`",
        ),
        (
            "apply gone.xml",
            "gone.xml",
            "cannot read `gone.xml`: entity not found; a document's path, relative to this folder",
        ),
        (
            "apply m.push",
            "m.push",
            "`m.push` is a push message; a document that is XML or WBXML",
        ),
    ] {
        assert_eq!(read(text), Err(vec![(at.to_owned(), words.to_owned())]));
    }
    for empty in ["", "  ", "# join 3"] {
        let faults = read(empty).expect_err("no command");
        assert!(faults[0].1.starts_with("there is no command"), "{faults:?}");
    }
}

#[test]
fn one_command_can_have_several_faults() {
    let faults = read("join 0 cable").expect_err("two faults");
    let places: Vec<_> = faults.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(places, ["0", "cable"]);
}

#[test]
fn a_wifi_network_in_quotes_may_have_spaces_or_no_name() {
    for (text, name) in [
        ("wifi P 12345678", "P"),
        ("wifi \"My network\" 12345678", "My network"),
        ("wifi My\\ network 12345678", "My network"),
        ("wifi 'Bob\"s' '12345678' # a comment", "Bob\"s"),
        (r#"wifi "a\"b\\c\d" 12345678"#, r#"a"b\c\d"#),
        ("wifi a' b 'c 12345678", "a b c"),
        ("wifi '' 12345678", ""),
    ] {
        let expected = Action::Configure {
            ssid: name.to_owned(),
            key: "12345678".to_owned(),
        };
        assert_eq!(read(text), Ok(expected), "{text}");
    }
}

#[test]
fn the_number_of_clients_can_stand_before_or_after_the_way() {
    let expected = Action::Join {
        count: 3,
        via: Via::Bluetooth,
    };
    for text in ["join 3 bluetooth", "join bluetooth 3"] {
        assert_eq!(read(text), Ok(expected.clone()));
    }
    let all = Action::Leave {
        count: ClientCount::All,
        via: None,
    };
    assert_eq!(read("  leave all"), Ok(all));
}

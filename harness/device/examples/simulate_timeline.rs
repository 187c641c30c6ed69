//! Runs a timeline on a simulated device, with scripted answers in the plugin's
//! place, and prints the log.
//!
//!     cargo run -p ics-device --example simulate_timeline

use std::error::Error;
use std::io::{self, Write as _};

use ics_device::document::{Colour, Diagnostics, Rendered, Source};
use ics_device::simulation::command::Resources;
use ics_device::simulation::{
    Answers, Clock, Device, Environment, LogEntry, Observer, Progress, ProvisioningFile,
    ServerState, Timeline, simulate,
};
use ics_device::state::State;

const DOCUMENT: &str = r#"<wap-provisioningdoc>
    <characteristic type="HotSpot">
        <parm name="Enabled" value="true"/>
        <parm name="EntitlementDll" value="C:\Windows\System32\MOEntitlement.dll"/>
        <parm name="EntitlementInterval" value="3600"/>
    </characteristic>
</wap-provisioningdoc>"#;

const TIMELINE: &str = r#"
begin = "09:00"
end = "18:00"

[[event]]
at = "10:00"
do = "on"

[[event]]
at = "10:05"
do = "join 3"
"#;

const ANSWERS: &str = r#"
[[answer]]
says = "success"
took = "800ms"

[[answer]]
from = "12:30"
says = "failed"
"#;

struct Log;

impl Observer for Log {
    fn observe(&mut self, entry: LogEntry) {
        let clock = Clock(entry.at);
        // A reader that has gone away has read enough.
        let _ = writeln!(
            io::stdout(),
            "{clock} {} {}",
            entry.actor.name(),
            entry.text
        );
    }

    fn report_faults(&mut self, file: &ProvisioningFile, faults: &Diagnostics) {
        let _ = io::stdout().write_all(rendered(&file.name, &file.bytes, faults).as_bytes());
    }
}

fn rendered(name: &str, bytes: &[u8], faults: &Diagnostics) -> String {
    Rendered::new(faults, &Source::new(name, bytes), Colour::Never).to_string()
}

fn main() -> Result<(), Box<dyn Error>> {
    // What a name stands for is the business of who answers; a script needs none.
    let servers = [ServerState {
        name: "allow".to_owned(),
        description: "answers are scripted".to_owned(),
    }];
    let load = |name: &str| std::fs::read(name);
    let resources = Resources {
        documents: &load,
        pushes: &load,
        folder: "the current folder",
        servers: &servers,
    };
    let timeline = Timeline::read(TIMELINE, &resources, DOCUMENT.as_bytes())
        .map_err(|faults| rendered("timeline", TIMELINE.as_bytes(), &faults))?;
    let mut answers = Answers::read(ANSWERS)
        .map_err(|faults| rendered("answers", ANSWERS.as_bytes(), &faults))?;

    let start = &timeline.start;
    let state = State {
        connections: start.connections.clone(),
        ..State::default()
    };
    let environment = Environment {
        image: None,
        image_help: None,
        language: start.language,
        imsi: start.imsi.clone(),
        strict_providers: false,
    };
    let mut device = Device::new(state, environment, start.server.clone())?;
    let document = ProvisioningFile {
        name: "hotspot.xml".to_owned(),
        bytes: DOCUMENT.as_bytes().to_vec(),
    };
    device.provision(start.at, &document, &mut Log)?;
    let mut progress = Progress::default();
    simulate(
        &mut device,
        &timeline,
        &mut answers,
        &mut Log,
        &mut progress,
    )?;
    writeln!(io::stdout(), "{} checks", progress.checks)?;
    Ok(())
}

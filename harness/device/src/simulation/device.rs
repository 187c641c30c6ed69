//! A device: the service, its state and its environment.

use std::mem;

use super::action::{Action, ClientCount, Expectation, ProvisioningFile};
use super::ask::{CheckOutcome, Question};
use super::log::{Actor, LogEntry, Record};
use super::server::ServerState;
use crate::csp::cellular::Whereabouts;
use crate::csp::hotspot::NotReadable;
use crate::document::Diagnostics;
use crate::document::push::Imsi;
use crate::message::LangId;
use crate::service::{
    CheckId, Client, ClientId, Effect, Event, Link, Moment, Restart, Service, Via,
};
use crate::state::{Image, State};

/// What a device has besides its state.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its files, among them the library of MOHelpMessage.
    pub image: Option<Image>,
    /// How to name an image, in the words of the caller's own interface; part of
    /// the message that a file is needed and there is no image.
    pub image_help: Option<&'static str>,
    pub language: LangId,
    /// The number of the SIM, by which a push can be proven.
    pub imsi: Option<Imsi>,
    /// Whether documents are refused that hold settings for other providers than HotSpot and CM_CellularEntries.
    pub strict_providers: bool,
}

/// The check whose answer is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) check: CheckId,
    pub(super) asked: Moment,
    pub(super) until: Moment,
}

/// Receives what happens.
pub trait Observer {
    fn observe(&mut self, entry: LogEntry);

    /// A document had these faults. The entry about the document follows.
    fn report_faults(&mut self, file: &ProvisioningFile, faults: &Diagnostics);

    /// Whether the simulation shall continue; the next event is at that moment.
    fn wants_more(&mut self, _next: Moment) -> bool {
        true
    }
}

/// A simulated device.
pub struct Device {
    pub(super) state: State,
    pub(super) service: Service,
    pub(super) environment: Environment,
    pub(super) server: ServerState,
    pub(super) last_client: u32,
    pub(super) whereabouts: Whereabouts,
    /// The connections that would be up if their Roaming allowed it here.
    pub(super) withheld: Vec<String>,
    pub(super) wake: Option<Moment>,
    pub(super) question: Option<Question>,
    pub(super) wanted: Option<Wanted>,
    /// An outcome, while it is checked whether it is in time.
    pub(super) arriving: Option<CheckOutcome>,
    /// Reused, to save allocations: a year has many events.
    pub(super) effects: Vec<Effect>,
}

impl Device {
    /// A device that is turned off.
    ///
    /// # Errors
    /// The state holds a setting that no document can have stored.
    pub fn new(
        state: State,
        environment: Environment,
        server: ServerState,
    ) -> Result<Self, NotReadable> {
        Ok(Self {
            service: state.service()?,
            state,
            environment,
            server,
            last_client: 0,
            whereabouts: Whereabouts::default(),
            withheld: Vec::new(),
            wake: None,
            question: None,
            wanted: None,
            arriving: None,
            effects: Vec::new(),
        })
    }

    /// The persistent state.
    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The present state of the operator's server.
    pub fn server(&self) -> &ServerState {
        &self.server
    }

    /// Whether a plugin can reach any server. Its process can use any connection
    /// of the device, mapped or not.
    pub(super) fn is_connected(&self) -> bool {
        let mut connections = self.service.connections().iter();
        connections.any(|one| one.link == Link::Up)
    }

    /// When the service has to be woken.
    pub fn wake(&self) -> Option<Moment> {
        self.wake
    }

    /// The check that has to be made, returned once.
    pub fn take_question(&mut self) -> Option<Question> {
        self.question.take()
    }

    /// Whether the answer of this check is still wanted.
    pub fn wants(&self, check: CheckId) -> bool {
        self.wanted.is_some_and(|wanted| wanted.check == check)
    }

    /// The running check, and when it started.
    pub fn running(&self) -> Option<(CheckId, Moment)> {
        self.wanted.map(|wanted| (wanted.check, wanted.asked))
    }

    /// Logs the state of the server and of the connections.
    pub fn log_surroundings(&self, at: Moment, observer: &mut dyn Observer) {
        self.log_server(at, observer);
        for one in self.service.connections() {
            log_link(at, &one.name, Some(one.link), observer);
        }
    }

    /// Applies the document that the device has when it is first turned on: all of
    /// its settings take effect immediately.
    ///
    /// # Errors
    /// The state holds a setting that no document can have stored.
    pub fn provision(
        &mut self,
        at: Moment,
        file: &ProvisioningFile,
        observer: &mut dyn Observer,
    ) -> Result<(), NotReadable> {
        self.receive(at, file, true, observer)
    }

    /// Turns the device on: changes that waited for a reboot take effect, and the
    /// connections that were up come up again.
    pub fn start(&mut self, at: Moment, observer: &mut dyn Observer) {
        observer.observe(LogEntry::new(at, Record::Started));
        self.restart(at, Restart::Device, observer);
    }

    /// Performs an action.
    ///
    /// # Errors
    /// The state holds a setting that no document can have stored.
    pub fn act(
        &mut self,
        at: Moment,
        action: &Action,
        observer: &mut dyn Observer,
    ) -> Result<(), NotReadable> {
        // Timers that are due come first.
        self.send(at, Event::Woken, observer);
        let mut saw = |record| observer.observe(LogEntry::new(at, record));
        match action {
            Action::TurnOn => {
                let words = match (self.service.is_sharing(), self.service.is_enabling()) {
                    (true, _) => "turns Internet sharing on, which is on already",
                    (_, true) => "turns Internet sharing on, which is being checked already",
                    _ => "turns Internet sharing on",
                };
                observer.observe(LogEntry::with(at, Actor::User, words, Record::TurnedOn));
                self.send(at, Event::UserTurnsOn, observer);
            }
            Action::TurnOff => {
                let words = if self.service.is_sharing() || self.service.is_enabling() {
                    "turns Internet sharing off"
                } else {
                    "turns Internet sharing off, which is off already"
                };
                observer.observe(LogEntry::with(at, Actor::User, words, Record::TurnedOff));
                self.send(at, Event::UserTurnsOff, observer);
            }
            Action::Join { count, via } => self.join(at, *count, *via, observer),
            Action::Leave { count, via } => self.leave(at, *count, *via, observer),
            Action::Server(server) => {
                self.server = server.clone();
                self.log_server(at, observer);
            }
            Action::Connection { name, change } => self.connect(at, name, *change, observer),
            Action::Roam(to) => {
                saw(Record::Roams { to: *to });
                self.whereabouts = *to;
                self.enforce_roaming(at, observer);
            }
            Action::Apply(file) => return self.receive(at, file, false, observer),
            Action::Push { file, pin } => {
                return self.receive_push(at, file, pin.as_ref(), observer);
            }
            Action::Restart(what) => {
                saw(Record::Restarted { what: *what });
                self.restart(at, *what, observer);
            }
            Action::NewSim(imsi) => {
                saw(Record::SimChanged);
                self.environment.imsi.clone_from(imsi);
                self.send(at, Event::SimChanged, observer);
            }
            Action::NewOperator => {
                let words = "changes";
                observer.observe(LogEntry::with(
                    at,
                    Actor::Operator,
                    words,
                    Record::SimChanged,
                ));
                self.send(at, Event::SimChanged, observer);
            }
            Action::OpenSettings => {
                saw(Record::SettingsOpened);
                self.send(at, Event::SettingsOpened, observer);
            }
            Action::CloseSettings => {
                saw(Record::SettingsClosed);
                self.send(at, Event::SettingsClosed, observer);
            }
            Action::Configure { ssid, key } => {
                saw(Record::NetworkNamed { name: ssid.clone() });
                let event = Event::ConfigureSharing {
                    ssid: ssid.clone(),
                    key: key.clone(),
                };
                self.send(at, event, observer);
            }
            Action::Expect(expectation) => self.compare(at, *expectation, observer),
        }
        Ok(())
    }

    /// Lets the service act on the time that has passed.
    pub fn awake(&mut self, at: Moment, observer: &mut dyn Observer) {
        // The service requests each wake once.
        self.wake.take_if(|wake| *wake <= at);
        self.send(at, Event::Woken, observer);
    }

    /// Delivers the outcome of a check, if the service still waits for it.
    pub fn answer(
        &mut self,
        at: Moment,
        check: CheckId,
        asked: CheckOutcome,
        observer: &mut dyn Observer,
    ) {
        self.arriving = self.wants(check).then_some(asked);
        // A check's time-out precedes an answer at the same moment.
        self.send(at, Event::Woken, observer);
        let Some(asked) = self.arriving.take().filter(|_| self.wants(check)) else {
            return;
        };
        self.wanted = None;
        let answer = asked.answer;
        observer.observe(LogEntry::new(at, answered(check, asked)));
        self.send(at, Event::CheckAnswered { check, answer }, observer);
    }

    fn join(&mut self, at: Moment, count: u32, via: Via, observer: &mut dyn Observer) {
        for _ in 0..count {
            self.last_client += 1;
            let client = ClientId(self.last_client);
            self.send(at, Event::ClientJoins { client, via }, observer);
        }
    }

    fn leave(
        &mut self,
        at: Moment,
        count: ClientCount,
        via: Option<Via>,
        observer: &mut dyn Observer,
    ) {
        let wanted = match count {
            ClientCount::All => None,
            ClientCount::Some(count) => Some(count as usize),
        };
        let most = wanted.unwrap_or(usize::MAX);
        let over = |client: &&Client| via.is_none_or(|via| client.via == via);
        let clients = self.service.clients().iter().filter(over).take(most);
        let clients: Vec<_> = clients.copied().collect();
        let left = clients.len();
        for client in clients {
            observer.observe(LogEntry::new(at, Record::Left { client }));
            self.send(at, Event::ClientLeaves { client: client.id }, observer);
        }
        if left < wanted.unwrap_or(1) {
            observer.observe(LogEntry::new(at, Record::TooFew { wanted, left }));
        }
    }

    /// Restarts the device or the service; connections that were up come up again.
    fn restart(&mut self, at: Moment, what: Restart, observer: &mut dyn Observer) {
        let up: Vec<_> = self
            .service
            .connections()
            .iter()
            .filter(|one| one.link != Link::Down)
            .map(|one| one.name.clone())
            .collect();
        self.state.restarted(what);
        self.send(at, Event::Restarted(what), observer);
        for name in up {
            self.send(at, Event::ConnectionUp(name), observer);
        }
    }

    fn compare(&self, at: Moment, expected: Expectation, observer: &mut dyn Observer) {
        let sharing = self.service.is_sharing();
        let clients = self.service.clients().len();
        let met = expected.sharing.is_none_or(|wanted| wanted == sharing)
            && expected.clients.is_none_or(|wanted| wanted == clients);
        let say = |sharing: Option<bool>, clients: Option<usize>| {
            let sharing = sharing.map(|on| format!("sharing {}", if on { "on" } else { "off" }));
            let clients = clients.map(|count| format!("{count} connected"));
            let words: Vec<_> = sharing.into_iter().chain(clients).collect();
            words.join(", ")
        };
        let wanted = say(expected.sharing, expected.clients);
        let text = if met {
            format!("is met: {wanted}")
        } else {
            let found = say(
                expected.sharing.map(|_| sharing),
                expected.clients.map(|_| clients),
            );
            format!("expects {wanted}; found {found}")
        };
        observer.observe(LogEntry::with(
            at,
            Actor::Timeline,
            text,
            Record::Expected { met },
        ));
    }

    fn log_server(&self, at: Moment, observer: &mut dyn Observer) {
        let ServerState { name, description } = &self.server;
        observer.observe(LogEntry::with(
            at,
            Actor::Server,
            format!("{name}: {description}"),
            Record::Server {
                scenario: name.clone(),
            },
        ));
    }

    pub(super) fn send(&mut self, at: Moment, event: Event, observer: &mut dyn Observer) {
        let mut effects = mem::take(&mut self.effects);
        self.service.handle(at, event, &mut effects);
        for effect in effects.drain(..) {
            self.apply_effect(at, effect, observer);
        }
        self.effects = effects;
        self.state.service = self.service.snapshot();
    }
}

pub(super) fn answered(check: CheckId, asked: CheckOutcome) -> Record {
    Record::Answered {
        check: check.0,
        answer: asked.answer,
        seconds: asked.took,
        reason: asked.reason,
    }
}

pub(super) fn log_link(at: Moment, name: &str, link: Option<Link>, observer: &mut dyn Observer) {
    observer.observe(LogEntry::new(
        at,
        Record::Connection {
            connection: name.to_owned(),
            link,
        },
    ));
}

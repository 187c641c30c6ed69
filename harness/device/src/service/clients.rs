//! The connected clients, and admission of new ones.

use serde::{Deserialize, Serialize};

use super::{ClientId, Via};

/// A client and what it is connected over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Client {
    pub id: ClientId,
    pub via: Via,
}

/// Why a client cannot be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    NotSharing,
    /// `MaxUsers` are connected.
    TooManyUsers,
    /// `MaxBluetoothUsers` are connected over Bluetooth.
    TooManyBluetoothUsers,
}

/// The connected clients, in the order in which they joined; at most eight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Clients(Vec<Client>);

impl Clients {
    /// Admits the client, or returns why not. A client that is connected over the
    /// other transport moves to this one, if it has room.
    pub(super) fn admit(
        &mut self,
        client: Client,
        users: usize,
        bluetooth: usize,
    ) -> Result<(), Refusal> {
        let others = || self.0.iter().filter(|one| one.id != client.id);
        if others().count() >= users {
            return Err(Refusal::TooManyUsers);
        }
        let over_bluetooth = others().filter(|one| one.via == Via::Bluetooth).count();
        if client.via == Via::Bluetooth && over_bluetooth >= bluetooth {
            return Err(Refusal::TooManyBluetoothUsers);
        }
        match self.0.iter_mut().find(|one| one.id == client.id) {
            Some(one) => one.via = client.via,
            None => self.0.push(client),
        }
        Ok(())
    }

    /// Whether this client is connected in just this way.
    pub(super) fn holds(&self, client: Client) -> bool {
        self.0.contains(&client)
    }

    /// Removes the client, if it is connected.
    pub(super) fn remove(&mut self, id: ClientId) {
        self.0.retain(|one| one.id != id);
    }

    /// Removes the surplus Bluetooth clients, the last to join first.
    pub(super) fn trim_bluetooth(&mut self, limit: usize) -> Vec<Client> {
        let mut gone = Vec::new();
        while self.over_bluetooth() > limit {
            let last = self.0.iter().rposition(|one| one.via == Via::Bluetooth);
            gone.extend(last.map(|index| self.0.remove(index)));
        }
        gone
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn as_slice(&self) -> &[Client] {
        &self.0
    }

    fn over_bluetooth(&self) -> usize {
        let bluetooth = |one: &&Client| one.via == Via::Bluetooth;
        self.0.iter().filter(bluetooth).count()
    }
}

//! Which deliveries this process sends next, and everything that it takes to send them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use idv_common::db::webhooks::deliveries::{self, ClaimedDelivery};
use idv_common::db::webhooks::secrets::{self, Owner, SigningSecret};
use idv_common::db::{self, Conn, tenants};
use idv_common::domain::{DeliveryLimits, EndpointId, Receivers, TenantId, Timestamp};
use idv_common::keyring::{Keyring, TenantKeyError};
use idv_common::{Context, fault};

use super::sender::Letter;

/// A delivery that is to be sent now.
pub(crate) struct Parcel {
    /// The claim.
    pub(crate) claimed: ClaimedDelivery,
    /// What is sent, or why nothing can be.
    pub(crate) letter: Result<Letter, String>,
}

/// Claims up to `free` deliveries that are due.
pub(crate) async fn claim(
    ctx: &Context,
    limits: &Arc<DeliveryLimits>,
    free: usize,
) -> Result<Vec<Parcel>, db::Error> {
    // Most of the time nothing is, and then nobody has to wait for a lock.
    let due = ctx.db.read(|conn| {
        let now = db::now(conn)?;
        deliveries::any_due(conn, now)
    });
    if !due.await? {
        return Ok(Vec::new());
    }
    let (keyring, limits) = (ctx.keyring.clone(), limits.clone());
    let parcels = ctx
        .db
        .transaction(move |conn| {
            let now = db::now(conn)?;
            let mut stationery =
                Stationery { keyring, now, receivers: HashMap::new(), secrets: HashMap::new() };
            let claimed = deliveries::claim(conn, &limits, free, now)?;
            claimed.into_iter().map(|claimed| stationery.pack(conn, claimed)).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    if !parcels.is_empty() {
        fault::point("deliver.claimed");
    }
    Ok(parcels)
}

/// What letters of the same claim share.
struct Stationery {
    keyring: Keyring,
    now: Timestamp,
    receivers: HashMap<TenantId, Receivers>,
    secrets: HashMap<(TenantId, Option<EndpointId>), Result<Vec<SigningSecret>, String>>,
}

impl Stationery {
    /// Fails only if the database does: what is wrong with one delivery must not hold up the others.
    fn pack(&mut self, conn: &mut Conn, claimed: ClaimedDelivery) -> Result<Parcel, db::Error> {
        let receivers = match self.receivers.entry(claimed.tenant.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(tenants::receivers(conn, &claimed.tenant)?),
        };
        let receivers = receivers.clone();
        let letter = self.secrets(conn, &claimed)?.and_then(|secrets| {
            let payload = claimed.event.payload().map_err(|error| error.to_string())?;
            let body = serde_json::to_vec(&payload).map_err(|error| error.to_string())?;
            let (event, url) = (claimed.event.id.clone(), claimed.url.clone());
            Ok(Letter { event, url, receivers, body, secrets })
        });
        Ok(Parcel { claimed, letter })
    }

    fn secrets(
        &mut self,
        conn: &mut Conn,
        claimed: &ClaimedDelivery,
    ) -> Result<Result<Vec<SigningSecret>, String>, db::Error> {
        let owner = (claimed.tenant.clone(), claimed.listed.then(|| claimed.endpoint.clone()));
        if let Some(known) = self.secrets.get(&owner) {
            return Ok(known.clone());
        }
        let found = match in_force(conn, &self.keyring, &owner, self.now) {
            Ok(found) if found.is_empty() => {
                Err("failed to sign: the endpoint has no secret; rotate it".to_owned())
            }
            Ok(found) => Ok(found),
            Err(TenantKeyError::Database(error)) if !matches!(error, db::Error::Corrupt(_)) => {
                return Err(error);
            }
            Err(error) => Err(error.to_string()),
        };
        self.secrets.insert(owner, found.clone());
        Ok(found)
    }
}

fn in_force(
    conn: &mut Conn,
    keyring: &Keyring,
    (tenant, endpoint): &(TenantId, Option<EndpointId>),
    now: Timestamp,
) -> Result<Vec<SigningSecret>, TenantKeyError> {
    let key = keyring.tenant(conn, tenant)?;
    let owner = Owner { tenant, endpoint: endpoint.as_ref() };
    Ok(secrets::in_force(conn, &key, owner, now)?)
}

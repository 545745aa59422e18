//! Erasures: orders to delete objects, and their receipts.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::captures::Owner;
use super::schema::erasures;
use super::verifications::Verification;
use super::webhooks::deliveries;
use super::{Conn, Error, batches, captures, events, jobs, reviews, runs, step_evidence, verifications};
use crate::domain::{
    CaptureId, ErasureId, ErasureReason, EventType, ItemState, JobKind, QueueName, TenantId, Timestamp,
    VerificationId, VerificationStatus,
};

/// An erasure as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = erasures)]
pub struct Erasure {
    /// Its id.
    pub id: ErasureId,
    /// Whose data it was.
    pub tenant_id: TenantId,
    /// Why.
    pub reason: ErasureReason,
    objects: String,
    row_counts: String,
    /// When it was ordered; from then on nothing of it can be read.
    pub requested_at: Timestamp,
    /// When the store had confirmed the last delete.
    pub completed_at: Option<Timestamp>,
}

impl Erasure {
    /// The objects that it deletes.
    pub fn objects(&self) -> Result<Vec<CaptureId>, Error> {
        Ok(serde_json::from_str(&self.objects)?)
    }

    /// How many rows of each table were deleted or emptied at once.
    pub fn row_counts(&self) -> Result<BTreeMap<String, usize>, Error> {
        Ok(serde_json::from_str(&self.row_counts)?)
    }
}

/// What a new erasure holds.
#[derive(Debug)]
pub struct NewErasure<'a> {
    /// Its id.
    pub id: &'a ErasureId,
    /// Whose data it is.
    pub tenant_id: &'a TenantId,
    /// The verification, if it is one's data.
    pub verification_id: Option<&'a VerificationId>,
    /// Why.
    pub reason: ErasureReason,
    /// The objects to delete.
    pub objects: &'a [CaptureId],
    /// How many rows of each table were deleted or emptied.
    pub row_counts: &'a BTreeMap<&'static str, usize>,
}

/// Stores an order.
pub fn insert(conn: &mut Conn, new: &NewErasure<'_>, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(erasures::table)
        .values((
            erasures::id.eq(new.id.as_str()),
            erasures::tenant_id.eq(new.tenant_id.as_str()),
            erasures::verification_id.eq(new.verification_id.map(VerificationId::as_str)),
            erasures::reason.eq(new.reason.as_str()),
            erasures::objects.eq(serde_json::to_string(new.objects)?),
            erasures::row_counts.eq(serde_json::to_string(new.row_counts)?),
            erasures::requested_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Erases a verification in the caller's transaction, which holds its row: from its commit on no personal
/// data of it can be read, and the receipt is complete when the store has confirmed the deletes that this
/// orders. What is under way for it is called off; who finishes late finds no lease.
pub fn redact(conn: &mut Conn, verification: &Verification, now: Timestamp) -> Result<ErasureId, Error> {
    let (id, tenant) = (&verification.id, &verification.tenant_id);
    batches::end_of_verification(conn, id, ItemState::SkippedRedacted, None, now)?;
    jobs::cancel_of_verification(conn, id, now)?;
    if !verification.status.is_settled() {
        let (from, to) = (verification.status, VerificationStatus::Canceled);
        let version = verifications::transition(conn, id, from, to, &verifications::Change::default(), now)?;
        let version = version.ok_or(Error::Fenced)?;
        events::append(conn, tenant, id, EventType::Canceled, version, now)?;
    }
    reviews::free(conn, id)?;
    let objects = captures::delete_all(conn, Owner::Verification(id))?;
    let row_counts = BTreeMap::from([
        ("captures", objects.len()),
        ("step_evidence", step_evidence::delete_all(conn, id)?),
        ("runs", runs::erase_reports(conn, id)?),
        ("review_notes", reviews::delete_notes(conn, id)?),
        ("verifications", 1),
        ("webhook_attempts", deliveries::erase_responses(conn, id)?),
    ]);
    runs::forget_captures(conn, id)?;
    batches::erase_sources(conn, id)?;
    let version = verifications::redact(conn, id, now)?;
    let erasure = ErasureId::generate();
    let new = NewErasure {
        id: &erasure,
        tenant_id: tenant,
        verification_id: Some(id),
        reason: ErasureReason::Redact,
        objects: &objects,
        row_counts: &row_counts,
    };
    insert(conn, &new, now)?;
    let job = jobs::NewJob {
        tenant,
        kind: JobKind::Erase,
        queue: JobKind::Erase.queue(),
        subject: erasure.as_str(),
        // The receipt is part of the verification's view, so its end raises the version.
        verification: Some(id),
        traceparent: None,
    };
    jobs::enqueue(conn, &job, now)?;
    events::append(conn, tenant, id, EventType::Redacted, version, now)?;
    Ok(erasure)
}

/// Deletes what something has uploaded once it has served its purpose: the keys go with the rows at once, the objects
/// follow.
pub fn purge_used(conn: &mut Conn, tenant: &TenantId, owner: Owner<'_>, now: Timestamp) -> Result<(), Error> {
    let objects = captures::delete_all(conn, owner)?;
    if objects.is_empty() {
        return Ok(());
    }
    order(conn, tenant, ErasureReason::Used, &objects, now)
}

/// Orders the objects of deleted rows to be deleted.
pub fn order(
    conn: &mut Conn,
    tenant: &TenantId,
    reason: ErasureReason,
    objects: &[CaptureId],
    now: Timestamp,
) -> Result<(), Error> {
    order_for(conn, tenant, None, reason, objects, now)
}

/// Orders the objects of a verification's deleted rows to be deleted.
pub(super) fn order_for(
    conn: &mut Conn,
    tenant: &TenantId,
    verification: Option<&VerificationId>,
    reason: ErasureReason,
    objects: &[CaptureId],
    now: Timestamp,
) -> Result<(), Error> {
    let id = ErasureId::generate();
    let row_counts = BTreeMap::from([("captures", objects.len())]);
    let erasure = NewErasure {
        id: &id,
        tenant_id: tenant,
        verification_id: verification,
        reason,
        objects,
        row_counts: &row_counts,
    };
    insert(conn, &erasure, now)?;
    // Each comparison makes one of these: with the share of batch work they would pile up under load.
    let queue = match reason {
        ErasureReason::Used => QueueName::Interactive,
        ErasureReason::Redact | ErasureReason::Retention => JobKind::Erase.queue(),
    };
    let job = jobs::NewJob {
        tenant,
        kind: JobKind::Erase,
        queue,
        subject: id.as_str(),
        verification: None,
        traceparent: None,
    };
    jobs::enqueue(conn, &job, now)?;
    Ok(())
}

/// The erasure of that id.
pub fn get(conn: &mut Conn, id: &ErasureId) -> Result<Option<Erasure>, Error> {
    Ok(erasures::table.find(id.as_str()).select(Erasure::as_select()).first(conn).optional()?)
}

/// A verification's redaction.
pub fn redaction_of(conn: &mut Conn, verification: &VerificationId) -> Result<Option<Erasure>, Error> {
    Ok(erasures::table
        .filter(erasures::verification_id.eq(verification.as_str()))
        .filter(erasures::reason.eq(ErasureReason::Redact.as_str()))
        .select(Erasure::as_select())
        .first(conn)
        .optional()?)
}

/// Notes that the store has confirmed every delete.
pub fn complete(conn: &mut Conn, id: &ErasureId, now: Timestamp) -> Result<(), Error> {
    diesel::update(erasures::table.find(id.as_str()).filter(erasures::completed_at.is_null()))
        .set(erasures::completed_at.eq(now.as_micros()))
        .execute(conn)?;
    Ok(())
}

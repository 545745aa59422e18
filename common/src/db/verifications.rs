//! Verifications: the row that a caller polls.

use diesel::prelude::*;

use super::dialect::first_locked;
use super::schema::verifications;
use super::{Conn, Error};
use crate::crypto::SealedRow;
use crate::domain::{EndpointId, RunId, TenantId, Timestamp, VerificationId, VerificationStatus};

/// A verification as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = verifications)]
pub struct Verification {
    /// Its id.
    pub id: VerificationId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Where it stands.
    pub status: VerificationStatus,
    /// Raised in every transaction that changes what a view shows.
    pub version: i64,
    /// The caller's own name for it.
    pub client_reference: Option<String>,
    /// The caller's own JSON.
    pub metadata: Option<String>,
    /// SHA-256 of the token that opens its captures.
    pub capture_token_sha256: Vec<u8>,
    /// How often it was submitted.
    pub attempts: i32,
    /// The run that its status rests on, or that is under way.
    pub current_run_id: Option<RunId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it expires unless submitted before.
    pub expires_at: Timestamp,
    /// When it last reached a settled status.
    pub settled_at: Option<Timestamp>,
    /// When retention last took personal data away.
    pub purged_at: Option<Timestamp>,
    /// When its personal data was erased.
    pub redacted_at: Option<Timestamp>,
    /// The unlisted endpoint that is told of it.
    pub webhook_endpoint_id: Option<EndpointId>,
    claims: Option<Vec<u8>>,
    claims_key: Option<Vec<u8>>,
}

impl Verification {
    /// What the caller expects the document to say, sealed; `None` if nothing, or if it is erased.
    pub fn sealed_claims(&self) -> Option<SealedRow> {
        SealedRow::from_columns(self.claims.clone(), self.claims_key.clone())
    }

    /// What a verification's claims are sealed for.
    pub fn claims_context(id: &VerificationId) -> String {
        format!("claims|{id}")
    }
}

/// What a new verification starts with.
#[derive(Debug)]
pub struct NewVerification<'a> {
    /// Its id.
    pub id: &'a VerificationId,
    /// Whose it is.
    pub tenant_id: &'a TenantId,
    /// The caller's own name for it.
    pub client_reference: Option<&'a str>,
    /// The caller's own JSON.
    pub metadata: Option<String>,
    /// What the caller expects the document to say, sealed for [`Verification::claims_context`].
    pub claims: Option<&'a SealedRow>,
    /// SHA-256 of the token that opens its captures.
    pub capture_token_sha256: &'a [u8],
    /// When it expires unless submitted before.
    pub expires_at: Timestamp,
}

/// Stores a new verification in `requires_input`.
pub fn insert(conn: &mut Conn, new: &NewVerification<'_>, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(verifications::table)
        .values((
            verifications::id.eq(new.id.as_str()),
            verifications::tenant_id.eq(new.tenant_id.as_str()),
            verifications::status.eq(VerificationStatus::RequiresInput.as_str()),
            verifications::version.eq(1),
            verifications::client_reference.eq(new.client_reference),
            verifications::metadata.eq(new.metadata.as_deref()),
            verifications::claims.eq(new.claims.map(|sealed| &sealed.ciphertext)),
            verifications::claims_key.eq(new.claims.map(|sealed| &sealed.wrapped_key)),
            verifications::capture_token_sha256.eq(new.capture_token_sha256),
            verifications::attempts.eq(0),
            verifications::created_at.eq(now.as_micros()),
            verifications::updated_at.eq(now.as_micros()),
            verifications::expires_at.eq(new.expires_at.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// A tenant's verification.
pub fn get(conn: &mut Conn, tenant: &TenantId, id: &VerificationId) -> Result<Option<Verification>, Error> {
    Ok(verifications::table
        .find(id.as_str())
        .filter(verifications::tenant_id.eq(tenant.as_str()))
        .select(Verification::as_select())
        .first(conn)
        .optional()?)
}

/// A tenant's verification, locked until the transaction ends.
pub fn lock(conn: &mut Conn, tenant: &TenantId, id: &VerificationId) -> Result<Option<Verification>, Error> {
    Ok(first_locked!(
        conn,
        verifications::table
            .find(id.as_str())
            .filter(verifications::tenant_id.eq(tenant.as_str()))
            .select(Verification::as_select()),
        Verification
    )?)
}

/// The verification that a capture token opens; the id is part of the URL, so the caller compares the digest.
pub fn get_unscoped(conn: &mut Conn, id: &VerificationId) -> Result<Option<Verification>, Error> {
    Ok(verifications::table.find(id.as_str()).select(Verification::as_select()).first(conn).optional()?)
}

/// A change of status together with what belongs to it.
#[derive(Debug, Default)]
pub struct Change<'a> {
    /// A new current run.
    pub current_run_id: Option<&'a RunId>,
    /// A new time of expiry.
    pub expires_at: Option<Timestamp>,
    /// Whether this is one more submission.
    pub counts_as_attempt: bool,
    /// Whether it has been settled before and its personal data is kept no longer for this.
    pub keeps_settled_at: bool,
}

/// Moves a verification to `next`, raising its version. `None`, and no change, if it has left `from` in the
/// meantime or if the transition is not allowed.
pub fn transition(
    conn: &mut Conn,
    id: &VerificationId,
    from: VerificationStatus,
    next: VerificationStatus,
    change: &Change<'_>,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    if !from.may_become(next) {
        return Ok(None);
    }
    let row = verifications::table
        .find(id.as_str())
        .filter(verifications::status.eq(from.as_str()))
        .filter(verifications::redacted_at.is_null());
    let attempt = i32::from(change.counts_as_attempt);
    let version = diesel::update(row)
        .set((
            verifications::status.eq(next.as_str()),
            verifications::version.eq(verifications::version + 1),
            verifications::attempts.eq(verifications::attempts + attempt),
            verifications::updated_at.eq(now.as_micros()),
            (!change.keeps_settled_at)
                .then(|| verifications::settled_at.eq(next.is_settled().then(|| now.as_micros()))),
            change.current_run_id.map(|run| verifications::current_run_id.eq(run.as_str())),
            change.expires_at.map(|at| verifications::expires_at.eq(at.as_micros())),
        ))
        .returning(verifications::version)
        .get_result(conn)
        .optional()?;
    Ok(version)
}

/// Lets a verification that stays as it was decided rest on another run, raising its version.
pub fn set_current_run(
    conn: &mut Conn,
    id: &VerificationId,
    run: &RunId,
    now: Timestamp,
) -> Result<i64, Error> {
    diesel::update(verifications::table.find(id.as_str()))
        .set(verifications::current_run_id.eq(run.as_str()))
        .execute(conn)?;
    touch(conn, id, now)
}

/// Replaces the token that opens a verification's captures; the old one stops working.
pub fn set_capture_token(conn: &mut Conn, id: &VerificationId, sha256: &[u8]) -> Result<(), Error> {
    diesel::update(verifications::table.find(id.as_str()))
        .set(verifications::capture_token_sha256.eq(sha256))
        .execute(conn)?;
    Ok(())
}

/// Has an unlisted endpoint told of everything that happens to a verification from now on.
pub fn set_webhook(conn: &mut Conn, id: &VerificationId, endpoint: &EndpointId) -> Result<(), Error> {
    diesel::update(verifications::table.find(id.as_str()))
        .set(verifications::webhook_endpoint_id.eq(endpoint.as_str()))
        .execute(conn)?;
    Ok(())
}

/// Raises the version because something that a view shows has changed.
pub fn touch(conn: &mut Conn, id: &VerificationId, now: Timestamp) -> Result<i64, Error> {
    Ok(diesel::update(verifications::table.find(id.as_str()))
        .set((
            verifications::version.eq(verifications::version + 1),
            verifications::updated_at.eq(now.as_micros()),
        ))
        .returning(verifications::version)
        .get_result(conn)?)
}

/// Which verifications to list.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    /// Only these statuses; empty: all.
    pub statuses: Vec<VerificationStatus>,
    /// Only this reference.
    pub client_reference: Option<String>,
    /// Only those made at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only those made before this time.
    pub created_before: Option<Timestamp>,
    /// Only those older than this one.
    pub starting_after: Option<VerificationId>,
}

/// A tenant's verifications, newest first, at most `limit`.
pub fn list(
    conn: &mut Conn,
    tenant: &TenantId,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Verification>, Error> {
    let mut query = verifications::table
        .filter(verifications::tenant_id.eq(tenant.as_str().to_owned()))
        .order(verifications::id.desc())
        .limit(limit)
        .select(Verification::as_select())
        .into_boxed();
    if !filter.statuses.is_empty() {
        query = query.filter(verifications::status.eq_any(filter.statuses.iter().map(|s| s.as_str())));
    }
    if let Some(reference) = &filter.client_reference {
        query = query.filter(verifications::client_reference.eq(reference.clone()));
    }
    if let Some(from) = filter.created_from {
        query = query.filter(verifications::created_at.ge(from.as_micros()));
    }
    if let Some(before) = filter.created_before {
        query = query.filter(verifications::created_at.lt(before.as_micros()));
    }
    if let Some(after) = &filter.starting_after {
        query = query.filter(verifications::id.lt(after.as_str().to_owned()));
    }
    Ok(query.load(conn)?)
}

/// Status and version of each of `ids`, for those who wait.
pub fn versions(
    conn: &mut Conn,
    ids: &[String],
) -> Result<Vec<(VerificationId, VerificationStatus, i64)>, Error> {
    Ok(verifications::table
        .filter(verifications::id.eq_any(ids))
        .select((verifications::id, verifications::status, verifications::version))
        .load(conn)?)
}

/// Verifications that wait for input past their time, at most `limit`.
pub fn overdue(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Verification>, Error> {
    Ok(verifications::table
        .filter(verifications::status.eq(VerificationStatus::RequiresInput.as_str()))
        .filter(verifications::expires_at.le(now.as_micros()))
        .order(verifications::expires_at)
        .limit(limit)
        .select(Verification::as_select())
        .load(conn)?)
}

/// Erases what a verification's own row says of a person, and marks it redacted.
pub fn redact(conn: &mut Conn, id: &VerificationId, now: Timestamp) -> Result<i64, Error> {
    Ok(diesel::update(verifications::table.find(id.as_str()))
        .set((
            verifications::client_reference.eq(None::<String>),
            verifications::metadata.eq(None::<String>),
            verifications::claims.eq(None::<Vec<u8>>),
            verifications::claims_key.eq(None::<Vec<u8>>),
            verifications::redacted_at.eq(now.as_micros()),
            verifications::updated_at.eq(now.as_micros()),
            verifications::version.eq(verifications::version + 1),
        ))
        .returning(verifications::version)
        .get_result(conn)?)
}

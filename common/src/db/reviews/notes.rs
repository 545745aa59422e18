//! What reviewers write. The texts are sealed.

use diesel::prelude::*;

use crate::crypto::SealedRow;
use crate::db::schema::{review_notes, verifications};
use crate::db::{Conn, Error};
use crate::domain::{NoteId, Reviewer, TenantId, Timestamp, VerificationId};

/// A note as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = review_notes)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// What it is about.
    pub verification_id: VerificationId,
    /// Who wrote it.
    pub author: String,
    body: Vec<u8>,
    wrapped_key: Vec<u8>,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Note {
    /// The sealed text.
    pub fn sealed(&self) -> SealedRow {
        SealedRow { ciphertext: self.body.clone(), wrapped_key: self.wrapped_key.clone() }
    }
}

/// What a note's text is sealed for.
pub fn seal_context(id: &NoteId) -> String {
    format!("note|{id}")
}

/// What a new note holds.
#[derive(Debug)]
pub struct NewNote<'a> {
    /// Its id.
    pub id: &'a NoteId,
    /// Whose verification it is about.
    pub tenant: &'a TenantId,
    /// The verification.
    pub verification: &'a VerificationId,
    /// Who wrote it.
    pub author: &'a Reviewer,
    /// The text, sealed.
    pub body: &'a SealedRow,
}

/// Adds a note. The caller's transaction holds the verification's row, so that no redaction passes it by.
pub fn add_note(conn: &mut Conn, new: &NewNote<'_>, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(review_notes::table)
        .values((
            review_notes::id.eq(new.id.as_str()),
            review_notes::tenant_id.eq(new.tenant.as_str()),
            review_notes::verification_id.eq(new.verification.as_str()),
            review_notes::author.eq(new.author.as_str()),
            review_notes::body.eq(&new.body.ciphertext),
            review_notes::wrapped_key.eq(&new.body.wrapped_key),
            review_notes::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The notes on a verification, oldest first, at most `limit`, those behind `after` alone.
pub fn notes(
    conn: &mut Conn,
    verification: &VerificationId,
    after: Option<&NoteId>,
    limit: i64,
) -> Result<Vec<Note>, Error> {
    let mut query = review_notes::table
        .filter(review_notes::verification_id.eq(verification.as_str()))
        .order(review_notes::id)
        .limit(limit)
        .select(Note::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(review_notes::id.gt(after.as_str()));
    }
    Ok(query.load(conn)?)
}

/// A tenant's note of that id.
pub fn note(conn: &mut Conn, tenant: &TenantId, id: &NoteId) -> Result<Option<Note>, Error> {
    Ok(review_notes::table
        .find(id.as_str())
        .filter(review_notes::tenant_id.eq(tenant.as_str()))
        .select(Note::as_select())
        .first(conn)
        .optional()?)
}

/// Deletes the notes on a verification, and with them their keys. Returns how many.
pub fn delete_notes(conn: &mut Conn, verification: &VerificationId) -> Result<usize, Error> {
    let notes = review_notes::table.filter(review_notes::verification_id.eq(verification.as_str()));
    Ok(diesel::delete(notes).execute(conn)?)
}

/// Deletes a tenant's notes on verifications that were settled before `cutoff`. Returns how many.
pub(in crate::db) fn purge_notes(
    conn: &mut Conn,
    tenant: &TenantId,
    cutoff: Timestamp,
) -> Result<usize, Error> {
    let settled = verifications::table
        .filter(verifications::settled_at.le(cutoff.as_micros()))
        .select(verifications::id);
    let notes = review_notes::table
        .filter(review_notes::tenant_id.eq(tenant.as_str()))
        .filter(review_notes::verification_id.eq_any(settled));
    Ok(diesel::delete(notes).execute(conn)?)
}

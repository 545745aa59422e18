//! What the pipeline's steps found, kept so that a later run repeats only what has changed.

use diesel::prelude::*;

use super::dialect::each;
use super::schema::step_evidence;
use super::{Conn, Error};
use crate::crypto::SealedRow;
use crate::domain::{StepKey, TenantId, Timestamp, VerificationId};

/// A verification's stored findings, sealed.
pub fn load(conn: &mut Conn, verification: &VerificationId) -> Result<Vec<(StepKey, SealedRow)>, Error> {
    type Row = (String, String, String, i32, Vec<u8>, Vec<u8>);
    let rows: Vec<Row> = step_evidence::table
        .filter(step_evidence::verification_id.eq(verification.as_str()))
        .select((
            step_evidence::step,
            step_evidence::input_sha256,
            step_evidence::model_digest,
            step_evidence::step_version,
            step_evidence::payload,
            step_evidence::wrapped_key,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(step, input_sha256, model_digest, step_version, ciphertext, wrapped_key)| {
            let key = StepKey { step, input_sha256, model_digest, step_version };
            (key, SealedRow { ciphertext, wrapped_key })
        })
        .collect())
}

/// Whether anything that was found on a verification is stored.
pub fn any(conn: &mut Conn, verification: &VerificationId) -> Result<bool, Error> {
    let of_it = step_evidence::table.filter(step_evidence::verification_id.eq(verification.as_str()));
    let found: Option<String> = of_it.select(step_evidence::step).first(conn).optional()?;
    Ok(found.is_some())
}

/// Stores a finding, unless it is there already.
pub fn insert(
    conn: &mut Conn,
    tenant: &TenantId,
    verification: &VerificationId,
    key: &StepKey,
    sealed: &SealedRow,
    now: Timestamp,
) -> Result<(), Error> {
    each!(conn, c => diesel::insert_into(step_evidence::table)
        .values((
            step_evidence::verification_id.eq(verification.as_str()),
            step_evidence::step.eq(&key.step),
            step_evidence::input_sha256.eq(&key.input_sha256),
            step_evidence::model_digest.eq(&key.model_digest),
            step_evidence::step_version.eq(key.step_version),
            step_evidence::tenant_id.eq(tenant.as_str()),
            step_evidence::payload.eq(&sealed.ciphertext),
            step_evidence::wrapped_key.eq(&sealed.wrapped_key),
            step_evidence::created_at.eq(now.as_micros()),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Deletes a verification's findings. Returns how many.
pub fn delete_all(conn: &mut Conn, verification: &VerificationId) -> Result<usize, Error> {
    Ok(diesel::delete(step_evidence::table.filter(step_evidence::verification_id.eq(verification.as_str())))
        .execute(conn)?)
}

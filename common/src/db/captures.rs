//! Captures: one row per uploaded object, and one per picture of a run's evidence.

use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};

use super::schema::{authentications, captures};
use super::{Conn, Error};
use crate::domain::{
    AuthenticationId, CaptureId, CaptureKind, ComparisonId, ImageId, MediaFormat, SubjectId, TenantId,
    Timestamp, VerificationId,
};

/// A capture as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = captures)]
pub struct Capture {
    /// Its id, which also names its object.
    pub id: CaptureId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What it shows.
    pub kind: CaptureKind,
    /// The format that its first bytes announce.
    pub content_type: MediaFormat,
    /// Its size.
    pub bytes: i64,
    /// Its width in pixels, as its header says; 0 for a video, which the API does not open.
    pub width: i32,
    /// Its height in pixels, as its header says; 0 for a video.
    pub height: i32,
    /// SHA-256 of the bytes as uploaded, in hex.
    pub sha256: String,
    /// The object's key, wrapped by the tenant's.
    pub wrapped_key: Vec<u8>,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// What stands in the column `kind` of a picture of the evidence. No upload has this kind, and no [`Capture`] is read
/// from such a row.
const EVIDENCE: &str = "evidence";

/// The picture of what a run found on a verification's captures. It lies among them, so that whatever ends them ends it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = captures)]
pub struct Evidence {
    /// Its id, which also names its object.
    pub id: CaptureId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The format of its bytes.
    pub content_type: MediaFormat,
    /// Its size.
    pub bytes: i64,
    /// Its width in pixels.
    pub width: i32,
    /// Its height in pixels.
    pub height: i32,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// The object's key, wrapped by the tenant's.
    pub wrapped_key: Vec<u8>,
}

/// What the key of a capture's object is wrapped for.
pub fn key_context(id: &CaptureId) -> String {
    format!("capture|{id}")
}

/// What a capture belongs to.
#[derive(Debug, Clone, Copy)]
pub enum Owner<'a> {
    /// A verification.
    Verification(&'a VerificationId),
    /// A comparison.
    Comparison(&'a ComparisonId),
    /// A subject's enrolment.
    Subject(&'a SubjectId),
    /// An authentication.
    Authentication(&'a AuthenticationId),
    /// An image that is kept by itself.
    Image(&'a ImageId),
}

/// Whether a capture is an owner's.
type OwnedBy = Box<
    dyn BoxableExpression<captures::table, <Conn as diesel::Connection>::Backend, SqlType = Nullable<Bool>>,
>;

fn owned_by(owner: Owner<'_>) -> OwnedBy {
    match owner {
        Owner::Verification(id) => Box::new(captures::verification_id.eq(id.to_string())),
        Owner::Comparison(id) => Box::new(captures::comparison_id.eq(id.to_string())),
        Owner::Subject(id) => Box::new(captures::subject_id.eq(id.to_string())),
        Owner::Authentication(id) => Box::new(captures::authentication_id.eq(id.to_string())),
        Owner::Image(id) => Box::new(captures::image_id.eq(id.to_string())),
    }
}

/// The owner's id, if it is one of that kind.
macro_rules! id_if {
    ($owner:expr, $kind:ident) => {
        match $owner {
            Owner::$kind(id) => Some(id.as_str()),
            _ => None,
        }
    };
}

/// Stores a capture, in place of the verification's earlier one of the same kind.
pub fn insert(conn: &mut Conn, capture: &Capture, owner: Owner<'_>) -> Result<(), Error> {
    if let Owner::Verification(verification) = owner {
        let verification = verification.as_str();
        diesel::update(
            captures::table
                .filter(captures::verification_id.eq(verification))
                .filter(captures::kind.eq(capture.kind.as_str()))
                .filter(captures::superseded_at.is_null()),
        )
        .set(captures::superseded_at.eq(capture.created_at.as_micros()))
        .execute(conn)?;
    }
    diesel::insert_into(captures::table)
        .values((
            captures::id.eq(capture.id.as_str()),
            captures::tenant_id.eq(capture.tenant_id.as_str()),
            captures::verification_id.eq(id_if!(owner, Verification)),
            captures::comparison_id.eq(id_if!(owner, Comparison)),
            captures::subject_id.eq(id_if!(owner, Subject)),
            captures::authentication_id.eq(id_if!(owner, Authentication)),
            captures::image_id.eq(id_if!(owner, Image)),
            captures::kind.eq(capture.kind.as_str()),
            captures::content_type.eq(capture.content_type.as_str()),
            captures::bytes.eq(capture.bytes),
            captures::width.eq(capture.width),
            captures::height.eq(capture.height),
            captures::sha256.eq(&capture.sha256),
            captures::wrapped_key.eq(&capture.wrapped_key),
            captures::created_at.eq(capture.created_at.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Stores the picture of a run's evidence, in place of an earlier run's.
pub fn insert_evidence(
    conn: &mut Conn,
    evidence: &Evidence,
    verification: &VerificationId,
    now: Timestamp,
) -> Result<(), Error> {
    supersede_evidence(conn, verification, now)?;
    diesel::insert_into(captures::table)
        .values((
            captures::id.eq(evidence.id.as_str()),
            captures::tenant_id.eq(evidence.tenant_id.as_str()),
            captures::verification_id.eq(verification.as_str()),
            captures::kind.eq(EVIDENCE),
            captures::content_type.eq(evidence.content_type.as_str()),
            captures::bytes.eq(evidence.bytes),
            captures::width.eq(evidence.width),
            captures::height.eq(evidence.height),
            captures::sha256.eq(&evidence.sha256),
            captures::wrapped_key.eq(&evidence.wrapped_key),
            captures::created_at.eq(now.as_micros()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Sets a verification's picture aside, because what it shows no longer stands. It goes when the captures go.
pub fn supersede_evidence(
    conn: &mut Conn,
    verification: &VerificationId,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::update(
        captures::table
            .filter(captures::verification_id.eq(verification.as_str()))
            .filter(captures::kind.eq(EVIDENCE))
            .filter(captures::superseded_at.is_null()),
    )
    .set(captures::superseded_at.eq(now.as_micros()))
    .execute(conn)?;
    Ok(())
}

/// The picture of the evidence that a verification rests on.
pub fn evidence_of(conn: &mut Conn, verification: &VerificationId) -> Result<Option<Evidence>, Error> {
    Ok(captures::table
        .filter(captures::verification_id.eq(verification.as_str()))
        .filter(captures::kind.eq(EVIDENCE))
        .filter(captures::superseded_at.is_null())
        .select(Evidence::as_select())
        .first(conn)
        .optional()?)
}

/// A verification's current captures, one per kind.
pub fn current(conn: &mut Conn, verification: &VerificationId) -> Result<Vec<Capture>, Error> {
    Ok(captures::table
        .filter(captures::verification_id.eq(verification.as_str()))
        .filter(captures::kind.ne(EVIDENCE))
        .filter(captures::superseded_at.is_null())
        .order(captures::kind)
        .select(Capture::as_select())
        .load(conn)?)
}

/// Everything that something other than a verification has uploaded, by kind and then in order.
pub fn of(conn: &mut Conn, owner: Owner<'_>) -> Result<Vec<Capture>, Error> {
    Ok(captures::table
        .filter(owned_by(owner))
        .order((captures::kind, captures::id))
        .select(Capture::as_select())
        .load(conn)?)
}

/// The captures of these ids.
pub fn by_ids(conn: &mut Conn, ids: &[CaptureId]) -> Result<Vec<Capture>, Error> {
    Ok(captures::table
        .filter(captures::id.eq_any(ids.iter().map(CaptureId::as_str)))
        .order(captures::kind)
        .select(Capture::as_select())
        .load(conn)?)
}

/// Sets aside a verification's current captures of the given kinds, so that new ones are asked for.
pub fn supersede(
    conn: &mut Conn,
    verification: &VerificationId,
    kinds: &[CaptureKind],
    now: Timestamp,
) -> Result<(), Error> {
    diesel::update(
        captures::table
            .filter(captures::verification_id.eq(verification.as_str()))
            .filter(captures::kind.eq_any(kinds.iter().map(|kind| kind.as_str())))
            .filter(captures::superseded_at.is_null()),
    )
    .set(captures::superseded_at.eq(now.as_micros()))
    .execute(conn)?;
    Ok(())
}

/// Deletes the rows, and with them the keys, of everything that something ever uploaded, and names the objects.
pub fn delete_all(conn: &mut Conn, owner: Owner<'_>) -> Result<Vec<CaptureId>, Error> {
    Ok(diesel::delete(captures::table.filter(owned_by(owner))).returning(captures::id).get_results(conn)?)
}

/// The same for all authentications of a subject.
pub(super) fn delete_of_claims(conn: &mut Conn, subject: &SubjectId) -> Result<Vec<CaptureId>, Error> {
    let claims = authentications::table
        .filter(authentications::subject_id.eq(subject.as_str()))
        .select(authentications::id.nullable());
    Ok(diesel::delete(captures::table.filter(captures::authentication_id.eq_any(claims)))
        .returning(captures::id)
        .get_results(conn)?)
}

/// Those of `ids` that have no row.
pub fn without_row(conn: &mut Conn, ids: &[CaptureId]) -> Result<Vec<CaptureId>, Error> {
    let known: Vec<CaptureId> = captures::table
        .filter(captures::id.eq_any(ids.iter().map(CaptureId::as_str)))
        .select(captures::id)
        .load(conn)?;
    Ok(ids.iter().filter(|id| !known.contains(id)).cloned().collect())
}

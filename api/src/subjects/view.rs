//! What the caller sees of a subject. The template is shown to nobody.

use idv_common::Context;
use idv_common::db::subjects::Subject;
use idv_common::db::{Conn, subjects};
use idv_common::domain::{EnrolmentResult, SubjectId, SubjectStatus, TenantId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Resource;
use crate::problem::Problem;

/// A person who is known by a template of the face.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subject)]
pub(crate) struct SubjectView {
    #[serde(flatten)]
    pub summary: SubjectSummary,
    /// What came of the enrolment.
    pub result: Option<EnrolmentResult>,
}

/// A subject without the result of its enrolment, as in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubjectSummary {
    /// Its id.
    pub id: SubjectId,
    /// `subject`.
    pub object: &'static str,
    /// Where it stands.
    pub status: SubjectStatus,
    /// Raised with every change of this view.
    pub version: i64,
    /// The caller's own name for the person.
    pub client_reference: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the enrolment was finished.
    pub completed_at: Option<Timestamp>,
}

impl SubjectView {
    /// Reads a tenant's subject.
    pub(crate) fn load(
        ctx: &Context,
        conn: &mut Conn,
        tenant: &TenantId,
        id: &SubjectId,
    ) -> Result<Option<Self>, Problem> {
        let Some(row) = subjects::get(conn, tenant, id)? else { return Ok(None) };
        let result = match row.sealed_result() {
            Some(sealed) => {
                let key = ctx.keyring.tenant(conn, tenant)?;
                let json = sealed.open(&key, &subjects::seal_context(id))?;
                Some(serde_json::from_slice(&json).map_err(Problem::internal)?)
            }
            None => None,
        };
        Ok(Some(Self { summary: row.into(), result }))
    }
}

impl From<Subject> for SubjectSummary {
    fn from(row: Subject) -> Self {
        Self {
            id: row.id,
            object: "subject",
            status: row.status,
            version: row.version,
            client_reference: row.client_reference,
            created_at: row.created_at,
            completed_at: row.completed_at,
        }
    }
}

impl Resource for SubjectView {
    const COLLECTION: &'static str = "subjects";
    const READ: &'static str = "subject.read";

    fn id(&self) -> &str {
        self.summary.id.as_str()
    }

    fn version(&self) -> i64 {
        self.summary.version
    }

    fn is_processing(&self) -> bool {
        self.summary.status == SubjectStatus::Processing
    }

    fn shows_results(&self) -> bool {
        self.result.is_some()
    }
}

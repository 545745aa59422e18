//! What the caller sees of an authentication.

use idv_common::Context;
use idv_common::db::authentications::Authentication;
use idv_common::db::{Conn, authentications};
use idv_common::domain::{
    AuthenticationId, AuthenticationResult, LivenessUse, SubjectId, TaskStatus, TenantId, Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Resource;
use crate::problem::Problem;

/// Somebody who claims to be a subject.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Authentication)]
pub(crate) struct AuthenticationView {
    /// Its id.
    pub id: AuthenticationId,
    /// `authentication`.
    pub object: &'static str,
    /// Who it is said to be.
    pub subject_id: SubjectId,
    /// Where it stands.
    pub status: TaskStatus,
    /// Raised with every change of this view.
    pub version: i64,
    /// What it makes of liveness.
    pub liveness: LivenessUse,
    /// What came of it; kept only as long as retention allows.
    pub result: Option<AuthenticationResult>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was finished.
    pub completed_at: Option<Timestamp>,
}

impl AuthenticationView {
    /// Reads a tenant's authentication.
    pub(crate) fn load(
        ctx: &Context,
        conn: &mut Conn,
        tenant: &TenantId,
        id: &AuthenticationId,
    ) -> Result<Option<Self>, Problem> {
        let Some(row) = authentications::get(conn, tenant, id)? else { return Ok(None) };
        let result = match row.sealed_result() {
            Some(sealed) => {
                let key = ctx.keyring.tenant(conn, tenant)?;
                let json = sealed.open(&key, &authentications::seal_context(id))?;
                Some(serde_json::from_slice(&json).map_err(Problem::internal)?)
            }
            None => None,
        };
        Ok(Some(Self::new(row, result)))
    }

    fn new(row: Authentication, result: Option<AuthenticationResult>) -> Self {
        Self {
            id: row.id,
            object: "authentication",
            subject_id: row.subject_id,
            status: row.status,
            version: row.version,
            liveness: row.liveness,
            result,
            created_at: row.created_at,
            completed_at: row.completed_at,
        }
    }
}

impl Resource for AuthenticationView {
    const COLLECTION: &'static str = "authentications";
    const READ: &'static str = "authentication.read";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn is_processing(&self) -> bool {
        self.status == TaskStatus::Processing
    }

    fn shows_results(&self) -> bool {
        self.result.is_some()
    }
}

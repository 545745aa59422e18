//! What the caller sees of a comparison.

use idv_common::Context;
use idv_common::db::comparisons::Comparison;
use idv_common::db::{Conn, comparisons};
use idv_common::domain::{ComparisonId, ComparisonResult, TaskStatus, TenantId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Resource;
use crate::problem::Problem;

/// A comparison of two faces.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comparison)]
pub(crate) struct ComparisonView {
    /// Its id.
    pub id: ComparisonId,
    /// `comparison`.
    pub object: &'static str,
    /// Where it stands.
    pub status: TaskStatus,
    /// Raised with every change of this view.
    pub version: i64,
    /// The caller's own name for it.
    pub client_reference: Option<String>,
    /// What came of it; kept only as long as retention allows.
    pub result: Option<ComparisonResult>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was finished.
    pub completed_at: Option<Timestamp>,
}

impl ComparisonView {
    /// Reads a tenant's comparison.
    pub(crate) fn load(
        ctx: &Context,
        conn: &mut Conn,
        tenant: &TenantId,
        id: &ComparisonId,
    ) -> Result<Option<Self>, Problem> {
        let Some(row) = comparisons::get(conn, tenant, id)? else { return Ok(None) };
        let result = match row.sealed_result() {
            Some(sealed) => {
                let key = ctx.keyring.tenant(conn, tenant)?;
                let json = sealed.open(&key, &comparisons::seal_context(id))?;
                Some(serde_json::from_slice(&json).map_err(Problem::internal)?)
            }
            None => None,
        };
        Ok(Some(Self::new(row, result)))
    }

    fn new(row: Comparison, result: Option<ComparisonResult>) -> Self {
        Self {
            id: row.id,
            object: "comparison",
            status: row.status,
            version: row.version,
            client_reference: row.client_reference,
            result,
            created_at: row.created_at,
            completed_at: row.completed_at,
        }
    }
}

impl Resource for ComparisonView {
    const COLLECTION: &'static str = "comparisons";
    const READ: &'static str = "comparison.read";

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

//! What the caller sees of an image.

use idv_common::Context;
use idv_common::db::captures::{self, Capture, Owner};
use idv_common::db::images::{self, Image};
use idv_common::db::{self, Conn};
use idv_common::domain::{ImageId, ImageResult, MediaFormat, TaskStatus, TenantId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Resource;
use crate::problem::Problem;

/// An image that is kept by itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Image)]
pub(crate) struct ImageView {
    #[serde(flatten)]
    summary: ImageSummary,
    /// The format that its first bytes announce.
    pub content_type: MediaFormat,
    /// Its size.
    pub bytes: i64,
    /// Its width in pixels, as its header says.
    pub width: i32,
    /// Its height in pixels, as its header says.
    pub height: i32,
    /// SHA-256 of the bytes as uploaded, in hex.
    pub sha256: String,
    /// The verdict on the face in it; null while there is none.
    pub result: Option<ImageResult>,
}

/// An image as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImageSummary {
    /// Its id.
    pub id: ImageId,
    /// `image`.
    pub object: &'static str,
    /// Where its inspection stands.
    pub status: TaskStatus,
    /// Raised with every change of this view.
    pub version: i64,
    /// The caller's own name for it.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was inspected.
    pub completed_at: Option<Timestamp>,
}

impl ImageView {
    /// Reads a tenant's image.
    pub(crate) fn load(
        ctx: &Context,
        conn: &mut Conn,
        tenant: &TenantId,
        id: &ImageId,
    ) -> Result<Option<Self>, Problem> {
        let Some(row) = images::get(conn, tenant, id)? else { return Ok(None) };
        let capture = captures::of(conn, Owner::Image(id))?.pop().ok_or_else(|| without_object(id))?;
        let result = match row.sealed_result() {
            Some(sealed) => {
                let key = ctx.keyring.tenant(conn, tenant)?;
                let json = sealed.open(&key, &images::seal_context(id))?;
                Some(serde_json::from_slice(&json).map_err(Problem::internal)?)
            }
            None => None,
        };
        Ok(Some(Self::new(row, capture, result)))
    }

    fn new(row: Image, capture: Capture, result: Option<ImageResult>) -> Self {
        Self {
            summary: row.into(),
            content_type: capture.content_type,
            bytes: capture.bytes,
            width: capture.width,
            height: capture.height,
            sha256: capture.sha256,
            result,
        }
    }
}

/// The problem of an image whose row names no object.
pub(super) fn without_object(id: &ImageId) -> Problem {
    Problem::internal(db::Error::Corrupt(format!("the image `{id}` has no object")))
}

impl From<Image> for ImageSummary {
    fn from(row: Image) -> Self {
        Self {
            id: row.id,
            object: "image",
            status: row.status,
            version: row.version,
            name: row.name,
            created_at: row.created_at,
            completed_at: row.completed_at,
        }
    }
}

impl Resource for ImageView {
    const COLLECTION: &'static str = "images";
    const READ: &'static str = "image.read";

    fn id(&self) -> &str {
        self.summary.id.as_str()
    }

    fn version(&self) -> i64 {
        self.summary.version
    }

    fn is_processing(&self) -> bool {
        self.summary.status == TaskStatus::Processing
    }

    fn shows_results(&self) -> bool {
        self.result.is_some()
    }
}

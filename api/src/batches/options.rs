//! What a new batch may be told.

use idv_common::domain::{BatchKind, Policy, ReprocessSelection};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Code, Problem};

/// The longest description, in characters.
const DESCRIPTION_LEN: usize = 500;
/// The highest rate, in items per minute.
const MOST_PER_MINUTE: i32 = 1_000_000;

/// A batch that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBatch {
    /// `reprocess`, or `import` with `lines`.
    kind: BatchKind,
    /// The caller's own words for it, 1 to 500 characters.
    description: Option<String>,
    /// Which verifications to reprocess; all that are settled if left out.
    filter: Option<ReprocessSelection>,
    /// An import's items, as lines of a manifest: objects with `document_front`, `selfie` and so on.
    #[schema(value_type = Option<Vec<idv_common::domain::ImportLine>>)]
    pub(super) lines: Option<Vec<Value>>,
    /// The policy that decides: an object, or the text of a TOML file. `null`: the one in force when an item is decided.
    #[schema(value_type = Option<Object>)]
    policy: Option<Value>,
    /// Reprocess without changing anything but this batch's report.
    #[serde(default)]
    shadow: bool,
    /// Reprocess what a reviewer has decided, too.
    #[serde(default)]
    override_reviews: bool,
    /// The most items that are begun in a minute.
    per_minute: Option<i32>,
    /// Count, and make nothing.
    #[serde(default)]
    dry_run: bool,
}

/// What goes with a manifest in the part `options`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportOptions {
    /// The caller's own words for it, 1 to 500 characters.
    description: Option<String>,
    /// The policy that decides: an object, or the text of a TOML file.
    #[schema(value_type = Option<Object>)]
    policy: Option<Value>,
    /// The most items that are begun in a minute.
    per_minute: Option<i32>,
    /// Count the lines, and make nothing.
    #[serde(default)]
    dry_run: bool,
}

/// What goes with a bare manifest.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ManifestQuery {
    /// With a bare manifest: the caller's own words for the batch.
    description: Option<String>,
    /// With a bare manifest: the most items that are begun in a minute.
    per_minute: Option<i32>,
    /// With a bare manifest: count the lines, and make nothing.
    dry_run: Option<bool>,
}

/// What a batch is told, checked.
#[derive(Debug)]
pub(super) struct Options {
    /// What it does.
    pub kind: BatchKind,
    /// The caller's own words for it.
    pub description: Option<String>,
    /// Which verifications it reprocesses.
    pub filter: ReprocessSelection,
    /// The policy that decides.
    pub policy: Option<Policy>,
    /// Whether nothing but the report is written.
    pub shadow: bool,
    /// Whether it decides anew what a reviewer has decided.
    pub overrides_reviews: bool,
    /// The most items that are begun in a minute.
    pub per_minute: Option<i32>,
    /// Whether nothing is made.
    pub dry_run: bool,
}

impl TryFrom<NewBatch> for Options {
    type Error = Problem;

    fn try_from(new: NewBatch) -> Result<Self, Problem> {
        match new.kind {
            BatchKind::Import => {
                let foreign = [
                    ("/filter", new.filter.is_some()),
                    ("/shadow", new.shadow),
                    ("/override_reviews", new.override_reviews),
                ];
                if let Some((pointer, _)) = foreign.iter().find(|(_, is_there)| *is_there) {
                    return Err(Problem::field(pointer, "this is for `reprocess` alone"));
                }
            }
            BatchKind::Reprocess => {}
        }
        let filter = new.filter.unwrap_or_default();
        filter.check().map_err(|wrong| Problem::field(&format!("/filter/{}", wrong.field), wrong.what))?;
        let options = Self {
            kind: new.kind,
            description: new.description,
            filter,
            policy: policy(new.policy)?,
            shadow: new.shadow,
            overrides_reviews: new.override_reviews,
            per_minute: new.per_minute,
            dry_run: new.dry_run,
        };
        options.checked()
    }
}

impl TryFrom<ImportOptions> for Options {
    type Error = Problem;

    fn try_from(new: ImportOptions) -> Result<Self, Problem> {
        let policy = policy(new.policy)?;
        let options = Self { description: new.description, policy, ..Self::import() };
        Self { per_minute: new.per_minute, dry_run: new.dry_run, ..options }.checked()
    }
}

impl TryFrom<ManifestQuery> for Options {
    type Error = Problem;

    fn try_from(new: ManifestQuery) -> Result<Self, Problem> {
        let ManifestQuery { description, per_minute, dry_run } = new;
        Self { description, per_minute, dry_run: dry_run.unwrap_or(false), ..Self::import() }.checked()
    }
}

impl Options {
    fn import() -> Self {
        Self {
            kind: BatchKind::Import,
            description: None,
            filter: ReprocessSelection::default(),
            policy: None,
            shadow: false,
            overrides_reviews: false,
            per_minute: None,
            dry_run: false,
        }
    }

    fn checked(self) -> Result<Self, Problem> {
        if let Some(text) = &self.description {
            let length = text.chars().count();
            if !(1..=DESCRIPTION_LEN).contains(&length) || text.chars().any(char::is_control) {
                let detail = format!("must be 1 to {DESCRIPTION_LEN} printable characters");
                return Err(Problem::field("/description", detail));
            }
        }
        if self.per_minute.is_some_and(|rate| !(1..=MOST_PER_MINUTE).contains(&rate)) {
            return Err(Problem::field("/per_minute", format!("must be 1 to {MOST_PER_MINUTE}")));
        }
        Ok(self)
    }
}

fn policy(given: Option<Value>) -> Result<Option<Policy>, Problem> {
    let read = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => Policy::from_toml(&text),
        Some(value) => Policy::from_json(value),
    };
    read.map(Some).map_err(|error| Problem::field("/policy", error.to_string()))
}

/// The problem of an import where nobody has said where its files are.
pub(super) fn no_source() -> Problem {
    let detail = "set `batch.source` in the server's configuration, or import with `idv batch import`";
    Problem::new(Code::ImportSourceMissing, detail)
}

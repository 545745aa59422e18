//! What stands between the barcode library and the rest.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the library. It indexes and subtracts without looking on unlucky symbols; its panic says that the symbol
/// cannot be read, and nothing half-changed outlives it.
pub(super) fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}

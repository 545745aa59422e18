//! What the tables have in common whose rows stand for one small task of a worker: comparisons, subjects,
//! authentications and images.

/// Declares the queries that each of these tables needs, in the table's own module. The table has the columns `id`,
/// `tenant_id`, `status`, `version`, `result`, `wrapped_key` and `completed_at`.
macro_rules! task_queries {
    ($table:ident, $row:ty, $id:ty, $status:ty) => {
        impl $row {
            /// What came of it, sealed; `None` while it is unfinished, after a failure, or once that is erased.
            pub fn sealed_result(&self) -> Option<$crate::crypto::SealedRow> {
                $crate::crypto::SealedRow::from_columns(self.result.clone(), self.wrapped_key.clone())
            }
        }

        /// A tenant's row of that id.
        pub fn get(
            conn: &mut $crate::db::Conn,
            tenant: &$crate::domain::TenantId,
            id: &$id,
        ) -> Result<Option<$row>, $crate::db::Error> {
            Ok($table::table
                .find(id.as_str())
                .filter($table::tenant_id.eq(tenant.as_str()))
                .select(<$row>::as_select())
                .first(conn)
                .optional()?)
        }

        /// Status and version of each of `ids`, for those who wait.
        pub fn versions(
            conn: &mut $crate::db::Conn,
            ids: &[String],
        ) -> Result<Vec<($id, $status, i64)>, $crate::db::Error> {
            Ok($table::table
                .filter($table::id.eq_any(ids))
                .select(($table::id, $table::status, $table::version))
                .load(conn)?)
        }

        /// Ends the task, with a sealed result unless it failed. Refused with [`Error::Fenced`] if it has ended already
        /// or the row is gone.
        pub fn finish(
            conn: &mut $crate::db::Conn,
            id: &$id,
            status: $status,
            sealed: Option<&$crate::crypto::SealedRow>,
            now: $crate::domain::Timestamp,
        ) -> Result<(), $crate::db::Error> {
            let unfinished =
                $table::table.find(id.as_str()).filter($table::status.eq(<$status>::Processing.as_str()));
            let changed = diesel::update(unfinished)
                .set((
                    $table::status.eq(status.as_str()),
                    $table::version.eq($table::version + 1),
                    $table::result.eq(sealed.map(|sealed| sealed.ciphertext.clone())),
                    $table::wrapped_key.eq(sealed.map(|sealed| sealed.wrapped_key.clone())),
                    $table::completed_at.eq(now.as_micros()),
                ))
                .execute(conn)?;
            if changed == 0 { Err($crate::db::Error::Fenced) } else { Ok(()) }
        }
    };
}

pub(super) use task_queries;

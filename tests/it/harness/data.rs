//! A server's data, looked at behind its back.

use std::path::{Path, PathBuf};

use diesel::prelude::*;
use idv_common::db::events::Event;
use idv_common::db::jobs::DeadJob;
use idv_common::db::verifications::Verification;
use idv_common::db::{self, Conn, Db, captures, events, jobs, runs, schema, verifications};
use idv_common::domain::{CaptureId, JobKind, JobState, VerificationId};

use super::block_on;
use super::deployment::Deployment;

/// What a server keeps.
pub struct Data {
    objects: PathBuf,
    database: Db,
}

impl Data {
    pub fn open(deployment: &Deployment) -> Self {
        Self { objects: deployment.objects.clone(), database: Db::open(&deployment.database, 1).unwrap() }
    }

    fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Conn) -> Result<T, db::Error> + Send + 'static,
    ) -> T {
        block_on(self.database.read(query)).unwrap()
    }

    /// Changes something behind the server's back.
    pub fn transaction<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, db::Error> + Send + 'static,
    ) -> T {
        block_on(self.database.transaction(body)).unwrap()
    }

    pub fn verification(&self, id: &str) -> Verification {
        let id: VerificationId = id.parse().unwrap();
        self.read(move |conn| verifications::get_unscoped(conn, &id)).expect("it is there")
    }

    pub fn events(&self, id: &str) -> Vec<Event> {
        let id: VerificationId = id.parse().unwrap();
        self.read(move |conn| events::list(conn, id.as_str()))
    }

    /// What happened to a verification, in order, without the common prefix.
    pub fn history(&self, id: &str) -> Vec<&'static str> {
        let strip = |name: &'static str| name.strip_prefix("verification.").unwrap_or(name);
        self.events(id).iter().map(|event| strip(event.event_type.as_str())).collect()
    }

    /// Checks that a verification was submitted once and came to one result, and that run, status, version
    /// and events agree on it.
    #[track_caller]
    pub fn assert_one_result(&self, id: &str) {
        let row = self.verification(id);
        let events = self.events(id);
        let sequence: Vec<i64> = events.iter().map(|event| event.sequence).collect();
        assert_eq!(sequence, (1..=events.len() as i64).collect::<Vec<_>>(), "{id}: gaps");
        assert!(events.is_sorted_by(|a, b| a.version < b.version), "{id}: versions repeat");
        let settled: Vec<&str> = self
            .history(id)
            .into_iter()
            .filter(|event| !matches!(*event, "created" | "processing"))
            .collect();
        assert_eq!(settled, [row.status.as_str()], "{id}: not exactly one result");
        assert_eq!(self.history(id).iter().filter(|event| **event == "processing").count(), 1, "{id}");
        assert_eq!(row.attempts, 1, "{id}");
        let run = row.current_run_id.expect("it has a run");
        let run = self.read(move |conn| runs::get(conn, &run)).expect("the run is there");
        assert!(run.finished_at.is_some() && run.sealed_report().is_some(), "{id}: no report");
        assert_eq!(run.verdict.map(|verdict| verdict.as_str()), Some(row.status.as_str()), "{id}");
    }

    /// Whether a job waits for a worker.
    pub fn has_waiting_jobs(&self) -> bool {
        self.has_jobs(&[JobState::Queued])
    }

    /// Whether a worker holds a job.
    pub fn has_running_jobs(&self) -> bool {
        self.has_jobs(&[JobState::Running])
    }

    pub fn has_unfinished_jobs(&self) -> bool {
        self.has_jobs(&[JobState::Queued, JobState::Running])
    }

    /// Whether a job is in one of these states, at one moment.
    fn has_jobs(&self, states: &'static [JobState]) -> bool {
        self.read(|conn| {
            let states = states.iter().map(|state| state.as_str());
            let those = schema::jobs::table.filter(schema::jobs::state.eq_any(states));
            Ok(those.count().get_result::<i64>(conn)? > 0)
        })
    }

    /// How many jobs of a kind are in a state.
    pub fn jobs(&self, kind: JobKind, state: JobState) -> i64 {
        self.read(move |conn| {
            let those = schema::jobs::table.filter(schema::jobs::kind.eq(kind.as_str()));
            Ok(those.filter(schema::jobs::state.eq(state.as_str())).count().get_result(conn)?)
        })
    }

    /// Lets the jobs that are tried again later be tried at once.
    pub fn hurry_jobs(&self) {
        self.transaction(|conn| {
            let waiting = schema::jobs::table
                .filter(schema::jobs::state.eq(JobState::Queued.as_str()))
                .filter(schema::jobs::published_at.is_null());
            diesel::update(waiting).set(schema::jobs::run_at.eq(0)).execute(conn)?;
            Ok(())
        });
    }

    /// What was done to a resource, oldest first.
    pub fn accesses(&self, resource: &str) -> Vec<String> {
        let resource = resource.to_owned();
        self.read(move |conn| {
            Ok(schema::access_log::table
                .filter(schema::access_log::resource_id.eq(resource))
                .order(schema::access_log::id)
                .select(schema::access_log::action)
                .load(conn)?)
        })
    }

    /// The jobs that were given up.
    pub fn dead_jobs(&self) -> Vec<DeadJob> {
        self.read(|conn| jobs::dead(conn, 10))
    }

    /// Checks that nothing waits, nothing runs and nothing was given up.
    #[track_caller]
    pub fn assert_no_job_is_left(&self) {
        assert!(!self.has_unfinished_jobs(), "there are unfinished jobs");
        assert!(self.dead_jobs().is_empty(), "there are dead jobs");
    }

    /// The files of the object store, less what an S3 server notes of each.
    pub fn objects(&self) -> Vec<PathBuf> {
        let is_note =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        files(&self.objects).into_iter().filter(|path| !is_note(path)).collect()
    }

    /// The names of objects, whole or half written, that no row names.
    pub fn orphans(&self) -> Vec<String> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        let names: Vec<String> = self.objects().iter().map(name).collect();
        let ids: Vec<CaptureId> = names.iter().filter_map(|name| name.parse().ok()).collect();
        let orphans = self.read(move |conn| captures::without_row(conn, &ids));
        let is_orphan = |name: &String| name.parse().map_or(true, |id| orphans.contains(&id));
        names.into_iter().filter(is_orphan).collect()
    }
}

/// Every file below a folder; none if it is not there.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

/// The files that contain `needle`.
pub fn files_with(files: Vec<PathBuf>, needle: &str) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    files.into_iter().filter(holds).collect()
}

-- Columns are portable: ids, JSON and names are TEXT, times are BIGINT microseconds since 1970 (UTC),
-- personal data is BYTEA, sealed under a key that stands beside it wrapped by its tenant's key.

CREATE TABLE tenants (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    -- The tenant's key, wrapped by the master key.
    wrapped_key BYTEA NOT NULL,
    retention TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    secret_sha256 BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX api_keys_tenant ON api_keys (tenant_id);

CREATE TABLE verifications (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    status TEXT NOT NULL CHECK (status IN ('requires_input', 'processing', 'verified', 'rejected', 'needs_review', 'canceled', 'expired', 'failed')),
    -- Raised in every transaction that changes what a view shows.
    version BIGINT NOT NULL,
    client_reference TEXT,
    metadata TEXT,
    capture_token_sha256 BYTEA NOT NULL,
    -- How often it was submitted.
    attempts INTEGER NOT NULL,
    current_run_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- When it expires unless submitted before.
    expires_at BIGINT NOT NULL,
    settled_at BIGINT,
    -- When its captures, evidence and reports were purged by retention, whichever came last.
    purged_at BIGINT,
    redacted_at BIGINT
);
CREATE INDEX verifications_list ON verifications (tenant_id, id);
CREATE INDEX verifications_status ON verifications (tenant_id, status, id);
CREATE INDEX verifications_reference ON verifications (tenant_id, client_reference, id);
CREATE INDEX verifications_expiry ON verifications (expires_at) WHERE status = 'requires_input';
CREATE INDEX verifications_settled ON verifications (settled_at) WHERE settled_at IS NOT NULL;

CREATE TABLE comparisons (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    status TEXT NOT NULL CHECK (status IN ('processing', 'completed', 'failed')),
    version BIGINT NOT NULL,
    client_reference TEXT,
    -- The result, sealed.
    result BYTEA,
    wrapped_key BYTEA,
    created_at BIGINT NOT NULL,
    completed_at BIGINT
);
CREATE INDEX comparisons_tenant ON comparisons (tenant_id, id);
CREATE INDEX comparisons_completed ON comparisons (completed_at) WHERE completed_at IS NOT NULL;

-- One uploaded object each. The object is written first and this row second, so that a crash leaves an
-- orphan object, which the sweep removes, and never a row without its object.
CREATE TABLE captures (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    verification_id TEXT REFERENCES verifications (id),
    comparison_id TEXT REFERENCES comparisons (id),
    kind TEXT NOT NULL,
    content_type TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    -- The object's key, wrapped by the tenant's.
    wrapped_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    -- When a later capture of the same kind took its place.
    superseded_at BIGINT,
    CHECK ((verification_id IS NULL) <> (comparison_id IS NULL))
);
CREATE INDEX captures_tenant ON captures (tenant_id);
CREATE UNIQUE INDEX captures_current ON captures (verification_id, kind) WHERE superseded_at IS NULL AND verification_id IS NOT NULL;
CREATE INDEX captures_verification ON captures (verification_id);
CREATE UNIQUE INDEX captures_comparison ON captures (comparison_id, kind) WHERE comparison_id IS NOT NULL;

-- One execution of the pipeline each. A finished run's report never changes.
CREATE TABLE runs (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    verification_id TEXT NOT NULL REFERENCES verifications (id),
    reason TEXT NOT NULL CHECK (reason IN ('submit', 'restart', 'reprocess')),
    -- The captures that it works on: a JSON list of ids.
    captures TEXT NOT NULL,
    verdict TEXT CHECK (verdict IN ('verified', 'rejected', 'needs_review')),
    -- Reason codes: a JSON list.
    reasons TEXT NOT NULL,
    -- Its checks without their evidence, for filters and statistics: a JSON list. No personal data.
    checks TEXT,
    policy_name TEXT,
    policy_version INTEGER,
    -- The report, sealed.
    report BYTEA,
    wrapped_key BYTEA,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX runs_tenant ON runs (tenant_id);
CREATE INDEX runs_verification ON runs (verification_id);

-- What a step of the pipeline found, reused while its input, its models and its code stay the same.
CREATE TABLE step_evidence (
    verification_id TEXT NOT NULL REFERENCES verifications (id),
    step TEXT NOT NULL,
    input_sha256 TEXT NOT NULL,
    model_digest TEXT NOT NULL,
    step_version INTEGER NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    -- The finding, sealed; embeddings are biometric templates.
    payload BYTEA NOT NULL,
    wrapped_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (verification_id, step, input_sha256, model_digest, step_version)
);
CREATE INDEX step_evidence_tenant ON step_evidence (tenant_id);

-- Background work. The row is the outbox: the broker only ever holds a window of these.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL,
    queue TEXT NOT NULL CHECK (queue IN ('interactive', 'batch', 'webhook')),
    -- What it is about: a run, a comparison, an erasure.
    subject_id TEXT NOT NULL,
    -- The verification that it belongs to, so that redaction can cancel it.
    verification_id TEXT REFERENCES verifications (id),
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'dead', 'canceled')),
    -- Lower runs first within a tenant.
    priority INTEGER NOT NULL,
    -- Not before this time.
    run_at BIGINT NOT NULL,
    -- When it was handed to the broker; NULL while only the database knows it.
    published_at BIGINT,
    -- The claim that is in force: its token, its end by the database's clock, and who holds it.
    lease_token TEXT,
    lease_until BIGINT,
    worker_id TEXT,
    -- Failures of the handler.
    attempts INTEGER NOT NULL,
    -- Deaths of a process that ran this job and no other.
    crashes INTEGER NOT NULL,
    -- A lease ran out: the next run has its process to itself.
    suspect BOOLEAN NOT NULL,
    alone BOOLEAN NOT NULL,
    last_error TEXT,
    traceparent TEXT,
    created_at BIGINT NOT NULL,
    claimed_at BIGINT,
    finished_at BIGINT,
    CHECK ((state = 'running') = (lease_token IS NOT NULL)),
    CHECK ((finished_at IS NULL) = (state IN ('queued', 'running')))
);
CREATE INDEX jobs_tenant ON jobs (tenant_id);
CREATE INDEX jobs_verification ON jobs (verification_id);
CREATE INDEX jobs_due ON jobs (queue, tenant_id, priority, run_at, id) WHERE state = 'queued' AND published_at IS NULL;
CREATE INDEX jobs_window ON jobs (queue, published_at) WHERE state = 'queued' AND published_at IS NOT NULL;
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (state, finished_at) WHERE finished_at IS NOT NULL;

-- Each failed attempt of a job. No personal data.
CREATE TABLE job_failures (
    id TEXT PRIMARY KEY NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id),
    at BIGINT NOT NULL,
    worker_id TEXT,
    cause TEXT NOT NULL
);
CREATE INDEX job_failures_job ON job_failures (job_id);

-- What happened to a verification, in order, without gaps.
CREATE TABLE events (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    verification_id TEXT NOT NULL REFERENCES verifications (id),
    sequence BIGINT NOT NULL,
    type TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (verification_id, sequence)
);
CREATE INDEX events_tenant ON events (tenant_id, id);

-- A request that carried an Idempotency-Key. Holds a digest of the request and the id of what it made,
-- never a body.
CREATE TABLE idempotency_keys (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    -- The reservation ends here if the first request never completes.
    lease_until BIGINT NOT NULL,
    status INTEGER,
    resource_id TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, route, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- An order to delete objects, and its receipt. Outlives what it erased.
CREATE TABLE erasures (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    verification_id TEXT REFERENCES verifications (id),
    reason TEXT NOT NULL CHECK (reason IN ('redact', 'retention', 'comparison')),
    -- The objects: a JSON list of capture ids.
    objects TEXT NOT NULL,
    -- How many rows of each table were deleted or emptied: a JSON object.
    row_counts TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    completed_at BIGINT
);
CREATE INDEX erasures_tenant ON erasures (tenant_id);
CREATE INDEX erasures_verification ON erasures (verification_id);

-- The worker processes that are alive, and what they can do.
CREATE TABLE workers (
    id TEXT PRIMARY KEY NOT NULL,
    roles TEXT NOT NULL,
    slots INTEGER NOT NULL,
    -- Role to name and digest: a JSON object.
    models TEXT NOT NULL,
    -- Roles whose model is missing: a JSON list.
    missing TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL
);

-- Who did what to which resource. Append-only, no personal data.
CREATE TABLE access_log (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    -- A key id, or `capture_token`, or `cli`.
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    request_id TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX access_log_tenant ON access_log (tenant_id, id);
CREATE FUNCTION access_log_is_append_only() RETURNS TRIGGER LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'access_log is append-only'; END $$;
CREATE TRIGGER access_log_is_append_only BEFORE UPDATE OR DELETE ON access_log
FOR EACH ROW EXECUTE FUNCTION access_log_is_append_only();

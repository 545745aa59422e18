-- Where a tenant's webhooks may go besides public addresses over https: a JSON object, set by the operator alone.
ALTER TABLE tenants ADD COLUMN receivers TEXT;

-- Receivers of events. A verification's own `webhook_url` has one too, which is not listed.
CREATE TABLE webhook_endpoints (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    url TEXT NOT NULL,
    description TEXT,
    -- The types of event that it is told of: a JSON list; NULL: all.
    events TEXT,
    listed BOOLEAN NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('enabled', 'disabled')),
    disabled_reason TEXT CHECK (disabled_reason IN ('asked', 'gone', 'failing')),
    version BIGINT NOT NULL,
    -- Failures in a row, since when, and until when it is left alone.
    failures INTEGER NOT NULL,
    failing_since BIGINT,
    resting_until BIGINT,
    -- Whether it is gone for its owner; a sweep takes away what is left of it, part by part.
    deleted BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL))
);
CREATE INDEX webhook_endpoints_tenant ON webhook_endpoints (tenant_id, id);
CREATE INDEX webhook_endpoints_listed ON webhook_endpoints (tenant_id, id) WHERE listed;
CREATE INDEX webhook_endpoints_resting ON webhook_endpoints (resting_until) WHERE resting_until IS NOT NULL;
CREATE INDEX webhook_endpoints_disabled ON webhook_endpoints (id) WHERE status = 'disabled';
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints (tenant_id, id) WHERE deleted;
CREATE INDEX webhook_endpoints_named ON webhook_endpoints (updated_at) WHERE NOT listed;
CREATE UNIQUE INDEX webhook_endpoints_unlisted ON webhook_endpoints (tenant_id, url) WHERE NOT listed;

-- The unlisted endpoint that is told of this verification.
ALTER TABLE verifications ADD COLUMN webhook_endpoint_id TEXT;
CREATE INDEX verifications_webhook_endpoint ON verifications (webhook_endpoint_id) WHERE webhook_endpoint_id IS NOT NULL;

-- What deliveries are signed with: an endpoint's secrets, or the tenant's where there is no endpoint.
CREATE TABLE webhook_secrets (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    endpoint_id TEXT REFERENCES webhook_endpoints (id),
    -- 32 random bytes, sealed.
    secret BYTEA NOT NULL,
    wrapped_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    -- When a later one has wholly taken its place.
    expires_at BIGINT
);
CREATE INDEX webhook_secrets_tenant ON webhook_secrets (tenant_id);
CREATE INDEX webhook_secrets_endpoint ON webhook_secrets (endpoint_id);

-- What is committed while the table is copied would be lost.
LOCK TABLE events IN ACCESS EXCLUSIVE MODE;

-- What happened to a verification, a comparison, a batch or an endpoint, in order, without gaps.
CREATE TABLE resource_events (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    resource_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    type TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- What the type does not say: a JSON object without personal data.
    details TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (resource_id, sequence)
);
INSERT INTO resource_events (id, tenant_id, resource_id, sequence, type, version, created_at)
SELECT id, tenant_id, verification_id, sequence, type, version, created_at FROM events;
DROP TABLE events;
ALTER TABLE resource_events RENAME TO events;
CREATE INDEX events_tenant ON events (tenant_id, id);

-- One event on its way to one endpoint.
CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
    event_id TEXT NOT NULL REFERENCES events (id),
    -- The event's own: an endpoint is told of one resource's events one after another.
    resource_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL,
    -- Not before this time. Whoever takes it moves this ahead, so that it is taken again should they die. NULL: not
    -- before the one before it has ended.
    due_at BIGINT,
    -- Who takes care of it at the moment.
    lease_token TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (endpoint_id, event_id),
    CHECK ((state = 'pending') = (finished_at IS NULL))
);
CREATE INDEX webhook_deliveries_tenant ON webhook_deliveries (tenant_id, id);
CREATE INDEX webhook_deliveries_event ON webhook_deliveries (event_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at) WHERE state = 'pending' AND due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_order ON webhook_deliveries (endpoint_id, resource_id, sequence) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (endpoint_id) WHERE lease_token IS NOT NULL;
CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL;
-- An endpoint's deliveries, newest first.
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, id);

-- Each time that a delivery was tried.
CREATE TABLE webhook_attempts (
    id TEXT PRIMARY KEY NOT NULL,
    delivery_id TEXT NOT NULL REFERENCES webhook_deliveries (id),
    at BIGINT NOT NULL,
    latency_ms BIGINT NOT NULL,
    -- The answer's status; NULL if none came, and then why.
    status INTEGER,
    error TEXT,
    -- The beginning of the answer, if answers are kept.
    response TEXT
);
CREATE INDEX webhook_attempts_delivery ON webhook_attempts (delivery_id);

-- Many verifications at once: new ones from files, or another look at old ones.
CREATE TABLE batches (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL CHECK (kind IN ('import', 'reprocess')),
    status TEXT NOT NULL CHECK (status IN ('preparing', 'running', 'paused', 'completed', 'failed', 'canceled')),
    version BIGINT NOT NULL,
    description TEXT,
    -- What belongs to it: a JSON object.
    selection TEXT NOT NULL,
    -- The policy that decides, as JSON; NULL: the one in force.
    policy TEXT,
    -- Whether nothing but the report is written.
    shadow BOOLEAN NOT NULL,
    -- Whether it decides anew what a reviewer has decided.
    overrides_reviews BOOLEAN NOT NULL,
    -- The most items that are begun in a minute; NULL: as fast as it goes.
    per_minute INTEGER,
    -- How far the preparation has come.
    prepared_to TEXT,
    total BIGINT NOT NULL,
    -- The time up to which the rate is used up.
    paced_to BIGINT NOT NULL,
    -- How many items were finished when progress was last told.
    told BIGINT NOT NULL,
    error TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX batches_tenant ON batches (tenant_id, id);
CREATE INDEX batches_open ON batches (status, id) WHERE finished_at IS NULL;

-- One verification of a batch each, with one result.
CREATE TABLE batch_items (
    id TEXT PRIMARY KEY NOT NULL,
    batch_id TEXT NOT NULL REFERENCES batches (id),
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    position BIGINT NOT NULL,
    -- An import's files and names, as JSON; goes with its verification's personal data.
    source TEXT,
    verification_id TEXT REFERENCES verifications (id),
    run_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'kept_review', 'not_reprocessable', 'skipped_redacted', 'failed', 'canceled')),
    old_verdict TEXT,
    old_reasons TEXT,
    new_verdict TEXT,
    new_reasons TEXT,
    error TEXT,
    started_at BIGINT,
    finished_at BIGINT,
    UNIQUE (batch_id, position),
    CHECK ((finished_at IS NULL) = (state IN ('waiting', 'running')))
);
CREATE INDEX batch_items_state ON batch_items (batch_id, state, position);
CREATE INDEX batch_items_finished ON batch_items (batch_id, finished_at);
CREATE INDEX batch_items_tenant ON batch_items (tenant_id);
CREATE INDEX batch_items_verification ON batch_items (verification_id);

-- The item that a run is made for, whether it leaves the verification as it is, and the models that took part.
ALTER TABLE runs ADD COLUMN batch_item_id TEXT;
ALTER TABLE runs ADD COLUMN shadow BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE runs ADD COLUMN models TEXT;
CREATE INDEX runs_item ON runs (batch_item_id) WHERE batch_item_id IS NOT NULL;

-- Every decision on a verification, by a run or by a person, oldest first. None is ever changed.
CREATE TABLE decisions (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    verification_id TEXT NOT NULL REFERENCES verifications (id),
    source TEXT NOT NULL CHECK (source IN ('run', 'reviewer')),
    -- The run that decided, or that the reviewer had before them.
    run_id TEXT,
    reviewer TEXT,
    -- `proposed`: waits for a second pair of eyes.
    standing TEXT NOT NULL CHECK (standing IN ('proposed', 'final')),
    verdict TEXT NOT NULL CHECK (verdict IN ('verified', 'rejected', 'needs_review')),
    reasons TEXT NOT NULL,
    -- The verification's version that shows it.
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX decisions_tenant ON decisions (tenant_id, id);
CREATE INDEX decisions_verification ON decisions (verification_id, id);
INSERT INTO decisions (id, tenant_id, verification_id, source, run_id, standing, verdict, reasons, version, created_at)
SELECT 'dec_' || substr(r.id, 5), r.tenant_id, r.verification_id, 'run', r.id, 'final', r.verdict, r.reasons, v.version, r.finished_at
FROM runs r JOIN verifications v ON v.id = r.verification_id WHERE r.verdict IS NOT NULL AND r.finished_at IS NOT NULL;

-- Who is looking at a verification that needs review.
CREATE TABLE review_claims (
    verification_id TEXT PRIMARY KEY NOT NULL REFERENCES verifications (id),
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    reviewer TEXT NOT NULL,
    claimed_at BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL
);
CREATE INDEX review_claims_tenant ON review_claims (tenant_id);

-- What reviewers write about a verification.
CREATE TABLE review_notes (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    verification_id TEXT NOT NULL REFERENCES verifications (id),
    author TEXT NOT NULL,
    -- The text, sealed.
    body BYTEA NOT NULL,
    wrapped_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX review_notes_tenant ON review_notes (tenant_id);
CREATE INDEX review_notes_verification ON review_notes (verification_id, id);

-- Reports go through a tenant's verifications by the time at which they were made.
CREATE INDEX verifications_created ON verifications (tenant_id, created_at, id);

-- Few jobs of many are dead.
CREATE INDEX jobs_dead ON jobs (tenant_id, id) WHERE state = 'dead';

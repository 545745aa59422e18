DROP INDEX jobs_subject;

LOCK TABLE captures, erasures IN ACCESS EXCLUSIVE MODE;

CREATE TABLE earlier_erasures (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    verification_id TEXT REFERENCES verifications (id),
    reason TEXT NOT NULL CHECK (reason IN ('redact', 'retention', 'comparison')),
    objects TEXT NOT NULL,
    row_counts TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    completed_at BIGINT
);
INSERT INTO earlier_erasures SELECT id, tenant_id, verification_id, CASE WHEN reason = 'used' THEN 'comparison' ELSE reason END, objects, row_counts, requested_at, completed_at FROM erasures;
DROP TABLE erasures;
ALTER TABLE earlier_erasures RENAME TO erasures;
CREATE INDEX erasures_tenant ON erasures (tenant_id);
CREATE INDEX erasures_verification ON erasures (verification_id);

CREATE TABLE earlier_captures (
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
    wrapped_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    superseded_at BIGINT,
    CHECK ((verification_id IS NULL) <> (comparison_id IS NULL))
);
-- What belongs to something else has no place in the earlier table; its objects are orphans, which the sweep removes.
INSERT INTO earlier_captures (id, tenant_id, verification_id, comparison_id, kind, content_type, bytes, width, height, sha256, wrapped_key, created_at, superseded_at)
SELECT id, tenant_id, verification_id, comparison_id, kind, content_type, bytes, width, height, sha256, wrapped_key, created_at, superseded_at FROM captures WHERE verification_id IS NOT NULL OR comparison_id IS NOT NULL;
DROP TABLE captures;
ALTER TABLE earlier_captures RENAME TO captures;
CREATE INDEX captures_tenant ON captures (tenant_id);
CREATE UNIQUE INDEX captures_current ON captures (verification_id, kind) WHERE superseded_at IS NULL AND verification_id IS NOT NULL;
CREATE INDEX captures_verification ON captures (verification_id);
CREATE UNIQUE INDEX captures_comparison ON captures (comparison_id, kind) WHERE comparison_id IS NOT NULL;

DROP TABLE images;
DROP TABLE authentications;
DROP TABLE templates;
DROP TABLE subjects;

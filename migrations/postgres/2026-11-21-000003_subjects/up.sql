-- People who are known by a template of their face.
CREATE TABLE subjects (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    status TEXT NOT NULL CHECK (status IN ('processing', 'enrolled', 'rejected', 'failed')),
    version BIGINT NOT NULL,
    -- The caller's own name for the person.
    client_reference TEXT,
    -- What came of the enrolment, sealed.
    result BYTEA,
    wrapped_key BYTEA,
    created_at BIGINT NOT NULL,
    completed_at BIGINT
);
CREATE INDEX subjects_tenant ON subjects (tenant_id, id);
CREATE INDEX subjects_named ON subjects (tenant_id, client_reference, id);
CREATE INDEX subjects_refused ON subjects (tenant_id, completed_at) WHERE status IN ('rejected', 'failed');
-- Whoever was refused does not keep the name.
CREATE UNIQUE INDEX subjects_reference ON subjects (tenant_id, client_reference) WHERE client_reference IS NOT NULL AND status IN ('processing', 'enrolled');

-- The faces' templates, apart from the images that they were made of, which are not kept.
CREATE TABLE templates (
    subject_id TEXT PRIMARY KEY NOT NULL REFERENCES subjects (id),
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    -- SHA-256 of the embedder's file: templates of different embedders cannot be compared.
    model_digest TEXT NOT NULL,
    -- The template, sealed.
    payload BYTEA NOT NULL,
    wrapped_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX templates_tenant ON templates (tenant_id);

-- Somebody who claims to be a subject.
CREATE TABLE authentications (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    subject_id TEXT NOT NULL REFERENCES subjects (id),
    status TEXT NOT NULL CHECK (status IN ('processing', 'completed', 'failed')),
    version BIGINT NOT NULL,
    -- What it makes of liveness.
    liveness TEXT NOT NULL CHECK (liveness IN ('off', 'report', 'require')),
    -- The result, sealed.
    result BYTEA,
    wrapped_key BYTEA,
    created_at BIGINT NOT NULL,
    completed_at BIGINT
);
CREATE INDEX authentications_tenant ON authentications (tenant_id, id);
CREATE INDEX authentications_subject ON authentications (subject_id);
CREATE INDEX authentications_completed ON authentications (tenant_id, completed_at) WHERE result IS NOT NULL;

-- Images that are kept until they are deleted, with a verdict on the face in them.
CREATE TABLE images (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    status TEXT NOT NULL CHECK (status IN ('processing', 'completed', 'failed')),
    version BIGINT NOT NULL,
    -- The caller's own name for it; never part of a path.
    name TEXT,
    -- The verdict, sealed.
    result BYTEA,
    wrapped_key BYTEA,
    created_at BIGINT NOT NULL,
    completed_at BIGINT
);
CREATE INDEX images_tenant ON images (tenant_id, id);
CREATE UNIQUE INDEX images_name ON images (tenant_id, name) WHERE name IS NOT NULL;
CREATE INDEX images_completed ON images (tenant_id, completed_at) WHERE completed_at IS NOT NULL;

-- What is committed while the tables are copied would be lost.
LOCK TABLE captures, erasures IN ACCESS EXCLUSIVE MODE;

-- Captures belong to one of these as well.
CREATE TABLE owned_captures (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    verification_id TEXT REFERENCES verifications (id),
    comparison_id TEXT REFERENCES comparisons (id),
    subject_id TEXT REFERENCES subjects (id),
    authentication_id TEXT REFERENCES authentications (id),
    image_id TEXT REFERENCES images (id),
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
    CHECK (
        CASE WHEN verification_id IS NULL THEN 0 ELSE 1 END
        + CASE WHEN comparison_id IS NULL THEN 0 ELSE 1 END
        + CASE WHEN subject_id IS NULL THEN 0 ELSE 1 END
        + CASE WHEN authentication_id IS NULL THEN 0 ELSE 1 END
        + CASE WHEN image_id IS NULL THEN 0 ELSE 1 END = 1
    )
);
INSERT INTO owned_captures (id, tenant_id, verification_id, comparison_id, kind, content_type, bytes, width, height, sha256, wrapped_key, created_at, superseded_at)
SELECT id, tenant_id, verification_id, comparison_id, kind, content_type, bytes, width, height, sha256, wrapped_key, created_at, superseded_at FROM captures;
DROP TABLE captures;
ALTER TABLE owned_captures RENAME TO captures;
CREATE INDEX captures_tenant ON captures (tenant_id);
CREATE UNIQUE INDEX captures_current ON captures (verification_id, kind) WHERE superseded_at IS NULL AND verification_id IS NOT NULL;
CREATE INDEX captures_verification ON captures (verification_id);
CREATE UNIQUE INDEX captures_comparison ON captures (comparison_id, kind) WHERE comparison_id IS NOT NULL;
CREATE INDEX captures_subject ON captures (subject_id);
CREATE INDEX captures_authentication ON captures (authentication_id);
CREATE INDEX captures_image ON captures (image_id);

-- A comparison's images are not the only ones that have served their purpose.
CREATE TABLE reasoned_erasures (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    verification_id TEXT REFERENCES verifications (id),
    reason TEXT NOT NULL CHECK (reason IN ('redact', 'retention', 'used')),
    -- The objects: a JSON list of capture ids.
    objects TEXT NOT NULL,
    -- How many rows of each table were deleted or emptied: a JSON object.
    row_counts TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    completed_at BIGINT
);
INSERT INTO reasoned_erasures SELECT id, tenant_id, verification_id, CASE WHEN reason = 'comparison' THEN 'used' ELSE reason END, objects, row_counts, requested_at, completed_at FROM erasures;
DROP TABLE erasures;
ALTER TABLE reasoned_erasures RENAME TO erasures;
CREATE INDEX erasures_tenant ON erasures (tenant_id);
CREATE INDEX erasures_verification ON erasures (verification_id);

-- So that all that is under way for something can be called off.
CREATE INDEX jobs_subject ON jobs (subject_id) WHERE verification_id IS NULL AND state IN ('queued', 'running');

-- What batches are made by is unknown to earlier versions.
DELETE FROM job_failures WHERE job_id IN (SELECT id FROM jobs WHERE kind IN ('prepare', 'import'));
DELETE FROM jobs WHERE kind IN ('prepare', 'import');
DROP INDEX jobs_dead;
DROP INDEX verifications_created;
DROP TABLE review_notes;
DROP TABLE review_claims;
DROP TABLE decisions;
DROP INDEX runs_item;
ALTER TABLE runs DROP COLUMN models;
ALTER TABLE runs DROP COLUMN shadow;
ALTER TABLE runs DROP COLUMN batch_item_id;
DROP TABLE batch_items;
DROP TABLE batches;
DROP TABLE webhook_attempts;
DROP TABLE webhook_deliveries;
-- What happened to other things is lost.
CREATE TABLE verification_events (
    id TEXT PRIMARY KEY NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    verification_id TEXT NOT NULL REFERENCES verifications (id),
    sequence BIGINT NOT NULL,
    type TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (verification_id, sequence)
);
INSERT INTO verification_events (id, tenant_id, verification_id, sequence, type, version, created_at)
SELECT id, tenant_id, resource_id, sequence, type, version, created_at FROM events WHERE resource_id IN (SELECT id FROM verifications);
DROP TABLE events;
ALTER TABLE verification_events RENAME TO events;
CREATE INDEX events_tenant ON events (tenant_id, id);
DROP TABLE webhook_secrets;
DROP INDEX verifications_webhook_endpoint;
ALTER TABLE verifications DROP COLUMN webhook_endpoint_id;
DROP TABLE webhook_endpoints;
ALTER TABLE tenants DROP COLUMN receivers;

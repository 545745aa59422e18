-- How many jobs of a tenant a queue has published, so that the tenants that wait take fair turns.
CREATE TABLE turns (
    queue TEXT NOT NULL CHECK (queue IN ('interactive', 'batch', 'webhook')),
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    served BIGINT NOT NULL,
    PRIMARY KEY (queue, tenant_id)
);
CREATE INDEX turns_tenant ON turns (tenant_id);

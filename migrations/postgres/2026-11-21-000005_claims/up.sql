-- What the caller expects the document to say, sealed, and its key.
ALTER TABLE verifications ADD COLUMN claims BYTEA;
ALTER TABLE verifications ADD COLUMN claims_key BYTEA;

ALTER TABLE verifications DROP COLUMN claims_key;
ALTER TABLE verifications DROP COLUMN claims;

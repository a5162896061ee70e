ALTER TABLE "totp_credentials" ADD COLUMN "offered_secret" "bytea";

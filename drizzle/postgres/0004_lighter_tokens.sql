ALTER TABLE "authorization_codes" DROP CONSTRAINT "authorization_codes_client_id_clients_id_fk";
--> statement-breakpoint
ALTER TABLE "authorization_codes" DROP CONSTRAINT "authorization_codes_user_id_users_id_fk";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" DROP CONSTRAINT "refresh_tokens_client_id_clients_id_fk";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" DROP CONSTRAINT "refresh_tokens_user_id_users_id_fk";
--> statement-breakpoint
DROP INDEX "authorization_codes_client_id";
--> statement-breakpoint
DROP INDEX "authorization_codes_user_id";
--> statement-breakpoint
DROP INDEX "refresh_tokens_digest";
--> statement-breakpoint
DROP INDEX "refresh_tokens_user_id";
--> statement-breakpoint
DROP INDEX "refresh_tokens_client_id";
--> statement-breakpoint
DROP INDEX "access_tokens_digest";
--> statement-breakpoint
DROP INDEX "access_tokens_family_id";
--> statement-breakpoint
DROP INDEX "access_tokens_user_id";
--> statement-breakpoint
DROP INDEX "access_tokens_grant_id";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" DROP COLUMN "id";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD PRIMARY KEY ("digest");
--> statement-breakpoint
CREATE INDEX "access_tokens_family_id" ON "access_tokens" USING btree ("family_id") WHERE "access_tokens"."family_id" is not null;
--> statement-breakpoint
CREATE INDEX "access_tokens_user_id" ON "access_tokens" USING btree ("user_id") WHERE "access_tokens"."user_id" is not null;
--> statement-breakpoint
CREATE INDEX "access_tokens_grant_id" ON "access_tokens" USING btree ("grant_id") WHERE "access_tokens"."grant_id" is not null;
--> statement-breakpoint
UPDATE "access_tokens" SET "id" = encode("digest", 'hex') WHERE "client_id" IN (SELECT "id" FROM "clients" WHERE "access_token_format" = 'opaque');

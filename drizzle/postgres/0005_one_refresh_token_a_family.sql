DROP INDEX "refresh_tokens_family_id";
--> statement-breakpoint
DROP INDEX "access_tokens_family_id";
--> statement-breakpoint
DELETE FROM "refresh_tokens" WHERE "rotated_at" IS NOT NULL;
--> statement-breakpoint
UPDATE "access_tokens" SET "family_id" = encode("refresh_tokens"."digest", 'hex') FROM "refresh_tokens" WHERE "refresh_tokens"."family_id" = "access_tokens"."family_id";
--> statement-breakpoint
UPDATE "authorization_codes" SET "family_id" = encode("refresh_tokens"."digest", 'hex') FROM "refresh_tokens" WHERE "refresh_tokens"."family_id" = "authorization_codes"."family_id";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" DROP CONSTRAINT "refresh_tokens_pkey";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD COLUMN "id" text;
--> statement-breakpoint
UPDATE "refresh_tokens" SET "id" = encode("digest", 'hex');
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD PRIMARY KEY ("id");
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD COLUMN "previous_digest" "bytea";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD COLUMN "sealed" "bytea";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" DROP COLUMN "family_id";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" DROP COLUMN "is_offline";
--> statement-breakpoint
ALTER TABLE "refresh_tokens" DROP COLUMN "successor";

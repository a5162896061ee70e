CREATE TABLE "resources" (
	"identifier" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
ALTER TABLE "clients" ADD COLUMN "foreign_audiences" text DEFAULT '[]' NOT NULL;
--> statement-breakpoint
ALTER TABLE "grants" ADD COLUMN "resources" text DEFAULT '[]' NOT NULL;
--> statement-breakpoint
ALTER TABLE "resources" ADD CONSTRAINT "resources_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE INDEX "resources_organization_id" ON "resources" USING btree ("organization_id");
--> statement-breakpoint
INSERT INTO "resources" ("identifier", "organization_id", "created_at") SELECT "identifier", "organization_id", "created_at" FROM (SELECT "audience"."value" AS "identifier", "clients"."organization_id", "clients"."created_at", row_number() OVER (PARTITION BY "audience"."value" ORDER BY "clients"."created_at", "clients"."id") AS "place" FROM "clients" CROSS JOIN LATERAL json_array_elements_text("clients"."audiences"::json) AS "audience" ("value") WHERE "clients"."organization_id" IS NOT NULL AND octet_length("audience"."value") <= 2048) AS "listed" WHERE "place" = 1;
--> statement-breakpoint
UPDATE "clients" SET "foreign_audiences" = (SELECT json_agg("resources"."identifier")::text FROM json_array_elements_text("clients"."audiences"::json) AS "audience" ("value") JOIN "resources" ON "resources"."identifier" = "audience"."value" WHERE "resources"."organization_id" <> "clients"."organization_id") WHERE EXISTS (SELECT 1 FROM json_array_elements_text("clients"."audiences"::json) AS "audience" ("value") JOIN "resources" ON "resources"."identifier" = "audience"."value" WHERE "resources"."organization_id" <> "clients"."organization_id");

ALTER TABLE "organizations" ADD COLUMN "accent_color" text;

PRAGMA foreign_keys=OFF;
--> statement-breakpoint
CREATE TABLE `__new_refresh_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`client_id` text NOT NULL,
	`user_id` text NOT NULL,
	`grant_id` text NOT NULL,
	`scopes` text NOT NULL,
	`resources` text NOT NULL,
	`claims` text,
	`dpop_jkt` text,
	`session_id` text,
	`auth_time` integer NOT NULL,
	`acr` text NOT NULL,
	`amr` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`digest` blob NOT NULL,
	`rotated_at` integer,
	`previous_digest` blob,
	`sealed` blob,
	FOREIGN KEY (`grant_id`) REFERENCES `grants`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
INSERT INTO `__new_refresh_tokens`("id", "client_id", "user_id", "grant_id", "scopes", "resources", "claims", "dpop_jkt", "session_id", "auth_time", "acr", "amr", "created_at", "expires_at", "digest") SELECT lower(hex("digest")), "client_id", "user_id", "grant_id", "scopes", "resources", "claims", "dpop_jkt", "session_id", "auth_time", "acr", "amr", "created_at", "expires_at", "digest" FROM `refresh_tokens` WHERE "rotated_at" IS NULL;
--> statement-breakpoint
CREATE TEMPORARY TABLE `named_families` AS SELECT "family_id", lower(hex("digest")) AS "id" FROM `refresh_tokens` WHERE "rotated_at" IS NULL;
--> statement-breakpoint
UPDATE `access_tokens` SET `family_id` = `named`.`id` FROM `named_families` AS `named` WHERE `named`.`family_id` = `access_tokens`.`family_id`;
--> statement-breakpoint
UPDATE `authorization_codes` SET `family_id` = `named`.`id` FROM `named_families` AS `named` WHERE `named`.`family_id` = `authorization_codes`.`family_id`;
--> statement-breakpoint
DROP TABLE `named_families`;
--> statement-breakpoint
DROP TABLE `refresh_tokens`;
--> statement-breakpoint
ALTER TABLE `__new_refresh_tokens` RENAME TO `refresh_tokens`;
--> statement-breakpoint
PRAGMA foreign_keys=ON;
--> statement-breakpoint
CREATE INDEX `refresh_tokens_grant_id` ON `refresh_tokens` (`grant_id`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_expires_at` ON `refresh_tokens` (`expires_at`);
--> statement-breakpoint
DROP INDEX `access_tokens_family_id`;

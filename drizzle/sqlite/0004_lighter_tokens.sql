PRAGMA foreign_keys=OFF;
--> statement-breakpoint
CREATE TABLE `__new_authorization_codes` (
	`digest` blob PRIMARY KEY NOT NULL,
	`client_id` text NOT NULL,
	`user_id` text NOT NULL,
	`grant_id` text NOT NULL,
	`family_id` text NOT NULL,
	`redirect_uri` text NOT NULL,
	`scopes` text NOT NULL,
	`resources` text NOT NULL,
	`claims` text,
	`nonce` text,
	`code_challenge` text,
	`code_challenge_method` text,
	`dpop_jkt` text,
	`session_id` text,
	`auth_time` integer NOT NULL,
	`acr` text NOT NULL,
	`amr` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`consumed_at` integer,
	FOREIGN KEY (`grant_id`) REFERENCES `grants`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
INSERT INTO `__new_authorization_codes`("digest", "client_id", "user_id", "grant_id", "family_id", "redirect_uri", "scopes", "resources", "claims", "nonce", "code_challenge", "code_challenge_method", "dpop_jkt", "session_id", "auth_time", "acr", "amr", "created_at", "expires_at", "consumed_at") SELECT "digest", "client_id", "user_id", "grant_id", "family_id", "redirect_uri", "scopes", "resources", "claims", "nonce", "code_challenge", "code_challenge_method", "dpop_jkt", "session_id", "auth_time", "acr", "amr", "created_at", "expires_at", "consumed_at" FROM `authorization_codes`;
--> statement-breakpoint
DROP TABLE `authorization_codes`;
--> statement-breakpoint
ALTER TABLE `__new_authorization_codes` RENAME TO `authorization_codes`;
--> statement-breakpoint
PRAGMA foreign_keys=ON;
--> statement-breakpoint
CREATE INDEX `authorization_codes_expires_at` ON `authorization_codes` (`expires_at`);
--> statement-breakpoint
CREATE INDEX `authorization_codes_grant_id` ON `authorization_codes` (`grant_id`);
--> statement-breakpoint
CREATE TABLE `__new_refresh_tokens` (
	`digest` blob PRIMARY KEY NOT NULL,
	`family_id` text NOT NULL,
	`client_id` text NOT NULL,
	`user_id` text NOT NULL,
	`grant_id` text NOT NULL,
	`scopes` text NOT NULL,
	`resources` text NOT NULL,
	`claims` text,
	`dpop_jkt` text,
	`is_offline` integer NOT NULL,
	`session_id` text,
	`auth_time` integer NOT NULL,
	`acr` text NOT NULL,
	`amr` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`rotated_at` integer,
	`successor` blob,
	FOREIGN KEY (`grant_id`) REFERENCES `grants`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
INSERT INTO `__new_refresh_tokens`("digest", "family_id", "client_id", "user_id", "grant_id", "scopes", "resources", "claims", "dpop_jkt", "is_offline", "session_id", "auth_time", "acr", "amr", "created_at", "expires_at", "rotated_at", "successor") SELECT "digest", "family_id", "client_id", "user_id", "grant_id", "scopes", "resources", "claims", "dpop_jkt", "is_offline", "session_id", "auth_time", "acr", "amr", "created_at", "expires_at", "rotated_at", "successor" FROM `refresh_tokens`;
--> statement-breakpoint
DROP TABLE `refresh_tokens`;
--> statement-breakpoint
ALTER TABLE `__new_refresh_tokens` RENAME TO `refresh_tokens`;
--> statement-breakpoint
CREATE INDEX `refresh_tokens_family_id` ON `refresh_tokens` (`family_id`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_grant_id` ON `refresh_tokens` (`grant_id`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_expires_at` ON `refresh_tokens` (`expires_at`);
--> statement-breakpoint
DROP INDEX `access_tokens_digest`;
--> statement-breakpoint
DROP INDEX `access_tokens_family_id`;
--> statement-breakpoint
DROP INDEX `access_tokens_user_id`;
--> statement-breakpoint
DROP INDEX `access_tokens_grant_id`;
--> statement-breakpoint
CREATE INDEX `access_tokens_family_id` ON `access_tokens` (`family_id`) WHERE "access_tokens"."family_id" is not null;
--> statement-breakpoint
CREATE INDEX `access_tokens_user_id` ON `access_tokens` (`user_id`) WHERE "access_tokens"."user_id" is not null;
--> statement-breakpoint
CREATE INDEX `access_tokens_grant_id` ON `access_tokens` (`grant_id`) WHERE "access_tokens"."grant_id" is not null;
--> statement-breakpoint
UPDATE `access_tokens` SET `id` = lower(hex(`digest`)) WHERE `client_id` IN (SELECT `id` FROM `clients` WHERE `access_token_format` = 'opaque');

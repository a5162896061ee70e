CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`email_normalized` text NOT NULL,
	`email_verified_at` integer,
	`full_name` text,
	`avatar_url` text,
	`locale` text,
	`status` text NOT NULL,
	`is_instance_admin` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_normalized` ON `users` (`email_normalized`);
--> statement-breakpoint
CREATE INDEX `users_status_id` ON `users` (`status`,`id`);
--> statement-breakpoint
CREATE INDEX `users_instance_admin` ON `users` (`is_instance_admin`,`id`);
--> statement-breakpoint
CREATE TABLE `instance_facts` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`created_at` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `passwords` (
	`user_id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`changed_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE TABLE `mail_proofs` (
	`user_id` text NOT NULL,
	`purpose` text NOT NULL,
	`digest` blob NOT NULL,
	`email` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `purpose`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `mail_proofs_digest` ON `mail_proofs` (`digest`);
--> statement-breakpoint
CREATE INDEX `mail_proofs_expires_at` ON `mail_proofs` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `totp_credentials` (
	`user_id` text PRIMARY KEY NOT NULL,
	`secret` blob NOT NULL,
	`last_step` integer NOT NULL,
	`created_at` integer NOT NULL,
	`verified_at` integer,
	`last_used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE TABLE `backup_codes` (
	`user_id` text NOT NULL,
	`digest` blob NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `digest`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE TABLE `webauthn_credentials` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`credential_id` text NOT NULL,
	`public_key` blob NOT NULL,
	`sign_count` integer NOT NULL,
	`transports` text NOT NULL,
	`aaguid` text NOT NULL,
	`is_attested` integer NOT NULL,
	`is_multi_device` integer NOT NULL,
	`is_backed_up` integer NOT NULL,
	`is_discoverable` integer,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `webauthn_credentials_credential_id` ON `webauthn_credentials` (`credential_id`);
--> statement-breakpoint
CREATE INDEX `webauthn_credentials_user_id` ON `webauthn_credentials` (`user_id`,`id`);
--> statement-breakpoint
CREATE TABLE `webauthn_challenges` (
	`digest` blob PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`bound_to` text,
	`expires_at` integer NOT NULL
);

--> statement-breakpoint
CREATE INDEX `webauthn_challenges_expires_at` ON `webauthn_challenges` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `sign_in_attempts` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`digest` blob NOT NULL,
	`method` text NOT NULL,
	`amr` text NOT NULL,
	`is_remembered` integer NOT NULL,
	`failures` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `sign_in_attempts_digest` ON `sign_in_attempts` (`digest`);
--> statement-breakpoint
CREATE INDEX `sign_in_attempts_user_id` ON `sign_in_attempts` (`user_id`);
--> statement-breakpoint
CREATE INDEX `sign_in_attempts_expires_at` ON `sign_in_attempts` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `second_factor_failures` (
	`user_id` text NOT NULL,
	`is_known_device` integer NOT NULL,
	`failures` integer NOT NULL,
	`next_try_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `is_known_device`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE TABLE `organizations` (
	`id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`logo_url` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);

--> statement-breakpoint
CREATE UNIQUE INDEX `organizations_slug` ON `organizations` (`slug`);
--> statement-breakpoint
CREATE TABLE `members` (
	`organization_id` text NOT NULL,
	`user_id` text NOT NULL,
	`role` text NOT NULL,
	`status` text NOT NULL,
	`joined_at` integer NOT NULL,
	`mfa_status` text NOT NULL,
	`mfa_deadline_at` integer,
	`mfa_missing` text NOT NULL,
	`mfa_policy_version` integer NOT NULL,
	`mfa_reminders` integer NOT NULL,
	`mfa_reminded_at` integer,
	`mfa_due_at` integer,
	PRIMARY KEY(`organization_id`, `user_id`),
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `members_mfa_due_at` ON `members` (`mfa_due_at`);
--> statement-breakpoint
CREATE INDEX `members_mfa_status` ON `members` (`organization_id`,`mfa_status`,`user_id`);
--> statement-breakpoint
CREATE INDEX `members_mfa_policy_version` ON `members` (`organization_id`,`mfa_policy_version`,`user_id`);
--> statement-breakpoint
CREATE INDEX `members_user_id` ON `members` (`user_id`);
--> statement-breakpoint
CREATE UNIQUE INDEX `members_owner` ON `members` (`organization_id`) WHERE role = 'owner';
--> statement-breakpoint
CREATE TABLE `invites` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`email` text NOT NULL,
	`email_normalized` text NOT NULL,
	`role` text NOT NULL,
	`department_ids` text NOT NULL,
	`digest` blob NOT NULL,
	`invited_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`sent_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `invites_digest` ON `invites` (`digest`);
--> statement-breakpoint
CREATE UNIQUE INDEX `invites_organization_email` ON `invites` (`organization_id`,`email_normalized`);
--> statement-breakpoint
CREATE INDEX `invites_organization_id` ON `invites` (`organization_id`,`id`);
--> statement-breakpoint
CREATE INDEX `invites_email` ON `invites` (`email_normalized`,`id`);
--> statement-breakpoint
CREATE INDEX `invites_expires_at` ON `invites` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `departments` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`name` text NOT NULL,
	`name_normalized` text NOT NULL,
	`description` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `departments_organization_name` ON `departments` (`organization_id`,`name_normalized`);
--> statement-breakpoint
CREATE INDEX `departments_organization_id` ON `departments` (`organization_id`,`id`);
--> statement-breakpoint
CREATE TABLE `principals` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `principals_organization_name` ON `principals` (`organization_id`,`name`);
--> statement-breakpoint
CREATE INDEX `principals_organization_id` ON `principals` (`organization_id`,`id`);
--> statement-breakpoint
CREATE TABLE `department_members` (
	`department_id` text NOT NULL,
	`organization_id` text NOT NULL,
	`user_id` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`department_id`, `user_id`),
	FOREIGN KEY (`department_id`) REFERENCES `departments`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`organization_id`,`user_id`) REFERENCES `members`(`organization_id`,`user_id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `department_members_member` ON `department_members` (`organization_id`,`user_id`);
--> statement-breakpoint
CREATE TABLE `principal_members` (
	`principal_id` text NOT NULL,
	`organization_id` text NOT NULL,
	`user_id` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`principal_id`, `user_id`),
	FOREIGN KEY (`principal_id`) REFERENCES `principals`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`organization_id`,`user_id`) REFERENCES `members`(`organization_id`,`user_id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `principal_members_member` ON `principal_members` (`organization_id`,`user_id`);
--> statement-breakpoint
CREATE TABLE `principal_departments` (
	`principal_id` text NOT NULL,
	`department_id` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`principal_id`, `department_id`),
	FOREIGN KEY (`principal_id`) REFERENCES `principals`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`department_id`) REFERENCES `departments`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `principal_departments_department_id` ON `principal_departments` (`department_id`);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`digest` blob NOT NULL,
	`device_name` text NOT NULL,
	`address` text,
	`amr` text NOT NULL,
	`acr` text NOT NULL,
	`is_compliance_only` integer NOT NULL,
	`is_remembered` integer NOT NULL,
	`authenticated_at` integer NOT NULL,
	`stepped_up_at` integer,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`idle_seconds` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_digest` ON `sessions` (`digest`);
--> statement-breakpoint
CREATE INDEX `sessions_user_id` ON `sessions` (`user_id`,`id`);
--> statement-breakpoint
CREATE INDEX `sessions_expires_at` ON `sessions` (`expires_at`);
--> statement-breakpoint
CREATE INDEX `sessions_idle` ON `sessions` (`idle_seconds`,`last_seen_at`);
--> statement-breakpoint
CREATE TABLE `known_devices` (
	`user_id` text NOT NULL,
	`digest` blob NOT NULL,
	`first_seen_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `digest`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `known_devices_last_seen_at` ON `known_devices` (`last_seen_at`);
--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`organization_id` text,
	`name` text NOT NULL,
	`digest` blob NOT NULL,
	`hint` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`organization_id`,`user_id`) REFERENCES `members`(`organization_id`,`user_id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_digest` ON `api_keys` (`digest`);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_user_name` ON `api_keys` (`user_id`,`name`);
--> statement-breakpoint
CREATE INDEX `api_keys_user_id` ON `api_keys` (`user_id`,`id`);
--> statement-breakpoint
CREATE INDEX `api_keys_member` ON `api_keys` (`organization_id`,`user_id`);
--> statement-breakpoint
CREATE INDEX `api_keys_expires_at` ON `api_keys` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `security_policies` (
	`organization_id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`mfa_mode` text NOT NULL,
	`mfa_grace_days` integer NOT NULL,
	`notify_days_before` integer NOT NULL,
	`mfa_in_force_at` integer NOT NULL,
	`password_min_length` integer NOT NULL,
	`password_require_upper` integer NOT NULL,
	`password_require_number` integer NOT NULL,
	`password_require_special` integer NOT NULL,
	`session_max_hours` integer,
	`session_idle_minutes` integer,
	`allowed_auth_methods` text NOT NULL,
	`allowed_email_domains` text NOT NULL,
	`webauthn_allowed_aaguids` text NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE TABLE `security_policy_overrides` (
	`organization_id` text NOT NULL,
	`user_id` text NOT NULL,
	`mode` text NOT NULL,
	`force_totp` integer NOT NULL,
	`force_webauthn` integer NOT NULL,
	`reason` text NOT NULL,
	`ends_at` integer,
	`set_at` integer NOT NULL,
	`set_by` text NOT NULL,
	PRIMARY KEY(`organization_id`, `user_id`),
	FOREIGN KEY (`organization_id`,`user_id`) REFERENCES `members`(`organization_id`,`user_id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE TABLE `mfa_transitions` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`user_id` text NOT NULL,
	`at` integer NOT NULL,
	`status` text NOT NULL,
	`deadline_at` integer,
	`missing` text NOT NULL,
	`policy_version` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `mfa_transitions_member` ON `mfa_transitions` (`organization_id`,`user_id`,`at`,`id`);
--> statement-breakpoint
CREATE TABLE `jobs` (
	`name` text PRIMARY KEY NOT NULL,
	`next_run_at` integer NOT NULL,
	`lease_id` text,
	`leased_until` integer,
	`last_started_at` integer,
	`last_finished_at` integer,
	`last_outcome` text,
	`last_error` text,
	`last_summary` text,
	`failures` integer NOT NULL
);

--> statement-breakpoint
CREATE TABLE `clients` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text,
	`origin` text NOT NULL,
	`metadata` text NOT NULL,
	`accepts_basic_and_post` integer NOT NULL,
	`require_pkce` integer NOT NULL,
	`allow_plain_pkce` integer NOT NULL,
	`consent` text NOT NULL,
	`access_token_format` text NOT NULL,
	`access_token_algorithm` text NOT NULL,
	`access_token_seconds` integer,
	`id_token_seconds` integer,
	`refresh_token_seconds` integer,
	`audiences` text NOT NULL,
	`claims` text NOT NULL,
	`access` text NOT NULL,
	`registration_digest` blob,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `clients_organization_id` ON `clients` (`organization_id`,`id`);
--> statement-breakpoint
CREATE TABLE `client_secrets` (
	`id` text PRIMARY KEY NOT NULL,
	`client_id` text NOT NULL,
	`digest` blob NOT NULL,
	`sealed` blob,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	FOREIGN KEY (`client_id`) REFERENCES `clients`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `client_secrets_client_id` ON `client_secrets` (`client_id`,`id`);
--> statement-breakpoint
CREATE INDEX `client_secrets_expires_at` ON `client_secrets` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `initial_access_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`digest` blob NOT NULL,
	`uses_left` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `initial_access_tokens_digest` ON `initial_access_tokens` (`digest`);
--> statement-breakpoint
CREATE INDEX `initial_access_tokens_organization_id` ON `initial_access_tokens` (`organization_id`);
--> statement-breakpoint
CREATE INDEX `initial_access_tokens_expires_at` ON `initial_access_tokens` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `grants` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`client_id` text NOT NULL,
	`scopes` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`client_id`) REFERENCES `clients`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `grants_user_client` ON `grants` (`user_id`,`client_id`);
--> statement-breakpoint
CREATE INDEX `grants_client_id` ON `grants` (`client_id`,`id`);
--> statement-breakpoint
CREATE TABLE `pushed_requests` (
	`digest` blob PRIMARY KEY NOT NULL,
	`client_id` text NOT NULL,
	`request` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`client_id`) REFERENCES `clients`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `pushed_requests_expires_at` ON `pushed_requests` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `interactions` (
	`id` text PRIMARY KEY NOT NULL,
	`browser_digest` blob NOT NULL,
	`client_id` text NOT NULL,
	`request` text NOT NULL,
	`session_id` text,
	`fresh_after` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`client_id`) REFERENCES `clients`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `interactions_expires_at` ON `interactions` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `authorization_codes` (
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
	FOREIGN KEY (`client_id`) REFERENCES `clients`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`grant_id`) REFERENCES `grants`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `authorization_codes_expires_at` ON `authorization_codes` (`expires_at`);
--> statement-breakpoint
CREATE INDEX `authorization_codes_user_id` ON `authorization_codes` (`user_id`);
--> statement-breakpoint
CREATE INDEX `authorization_codes_grant_id` ON `authorization_codes` (`grant_id`);
--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`digest` blob NOT NULL,
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
	FOREIGN KEY (`client_id`) REFERENCES `clients`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`grant_id`) REFERENCES `grants`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `refresh_tokens_digest` ON `refresh_tokens` (`digest`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_family_id` ON `refresh_tokens` (`family_id`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_user_id` ON `refresh_tokens` (`user_id`,`id`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_grant_id` ON `refresh_tokens` (`grant_id`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_session_id` ON `refresh_tokens` (`session_id`);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_expires_at` ON `refresh_tokens` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `access_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`digest` blob NOT NULL,
	`family_id` text,
	`client_id` text NOT NULL,
	`user_id` text,
	`grant_id` text,
	`session_id` text,
	`scopes` text NOT NULL,
	`audience` text NOT NULL,
	`dpop_jkt` text,
	`claims` text,
	`auth_time` integer,
	`acr` text,
	`amr` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`client_id`) REFERENCES `clients`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`grant_id`) REFERENCES `grants`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `access_tokens_digest` ON `access_tokens` (`digest`);
--> statement-breakpoint
CREATE INDEX `access_tokens_family_id` ON `access_tokens` (`family_id`);
--> statement-breakpoint
CREATE INDEX `access_tokens_user_id` ON `access_tokens` (`user_id`);
--> statement-breakpoint
CREATE INDEX `access_tokens_grant_id` ON `access_tokens` (`grant_id`);
--> statement-breakpoint
CREATE INDEX `access_tokens_session_id` ON `access_tokens` (`session_id`);
--> statement-breakpoint
CREATE INDEX `access_tokens_expires_at` ON `access_tokens` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `device_authorizations` (
	`id` text PRIMARY KEY NOT NULL,
	`device_digest` blob NOT NULL,
	`user_code` text NOT NULL,
	`client_id` text NOT NULL,
	`scopes` text NOT NULL,
	`resources` text NOT NULL,
	`dpop_jkt` text,
	`address` text,
	`status` text NOT NULL,
	`user_id` text,
	`grant_id` text,
	`session_id` text,
	`auth_time` integer,
	`acr` text,
	`amr` text,
	`interval_seconds` integer NOT NULL,
	`last_polled_at` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`client_id`) REFERENCES `clients`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`grant_id`) REFERENCES `grants`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE UNIQUE INDEX `device_authorizations_device_digest` ON `device_authorizations` (`device_digest`);
--> statement-breakpoint
CREATE UNIQUE INDEX `device_authorizations_user_code` ON `device_authorizations` (`user_code`);
--> statement-breakpoint
CREATE INDEX `device_authorizations_expires_at` ON `device_authorizations` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `client_sessions` (
	`session_id` text NOT NULL,
	`client_id` text NOT NULL,
	`user_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`session_id`, `client_id`),
	FOREIGN KEY (`client_id`) REFERENCES `clients`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `client_sessions_user_id` ON `client_sessions` (`user_id`);
--> statement-breakpoint
CREATE INDEX `client_sessions_expires_at` ON `client_sessions` (`expires_at`);
--> statement-breakpoint
CREATE TABLE `signing_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`algorithm` text NOT NULL,
	`generation` integer NOT NULL,
	`public_jwk` text NOT NULL,
	`private_key` blob NOT NULL,
	`published_at` integer NOT NULL,
	`active_from` integer NOT NULL,
	`retired_at` integer,
	`remove_after` integer
);

--> statement-breakpoint
CREATE UNIQUE INDEX `signing_keys_generation` ON `signing_keys` (`algorithm`,`generation`);
--> statement-breakpoint
CREATE TABLE `audit_events` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`action` text NOT NULL,
	`outcome` text NOT NULL,
	`reason` text,
	`actor_kind` text NOT NULL,
	`actor_id` text,
	`credential_id` text,
	`target_type` text,
	`target_id` text,
	`organization_id` text,
	`address` text,
	`user_agent` text,
	`request_id` text,
	`details` text NOT NULL
);

--> statement-breakpoint
CREATE INDEX `audit_events_organization` ON `audit_events` (`organization_id`,`id`);
--> statement-breakpoint
CREATE INDEX `audit_events_actor` ON `audit_events` (`actor_id`,`id`);
--> statement-breakpoint
CREATE INDEX `audit_events_target` ON `audit_events` (`target_id`,`id`);
--> statement-breakpoint
CREATE INDEX `audit_events_action` ON `audit_events` (`action`,`id`);
--> statement-breakpoint
CREATE INDEX `audit_events_address` ON `audit_events` (`address`,`id`);
--> statement-breakpoint
CREATE TABLE `outbox_messages` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`payload` blob NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_attempt_at` integer NOT NULL,
	`lease_id` text,
	`last_error` text,
	`created_at` integer NOT NULL
);

--> statement-breakpoint
CREATE INDEX `outbox_messages_due` ON `outbox_messages` (`status`,`next_attempt_at`);

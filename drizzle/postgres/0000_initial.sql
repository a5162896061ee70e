CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"email_normalized" text NOT NULL,
	"email_verified_at" timestamp (3) with time zone,
	"full_name" text,
	"avatar_url" text,
	"locale" text,
	"status" text NOT NULL,
	"is_instance_admin" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "instance_facts" (
	"name" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "passwords" (
	"user_id" text PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"changed_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "mail_proofs" (
	"user_id" text NOT NULL,
	"purpose" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"email" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "mail_proofs_user_id_purpose_pk" PRIMARY KEY("user_id","purpose")
);

--> statement-breakpoint
CREATE TABLE "totp_credentials" (
	"user_id" text PRIMARY KEY NOT NULL,
	"secret" "bytea" NOT NULL,
	"last_step" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"verified_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone
);

--> statement-breakpoint
CREATE TABLE "backup_codes" (
	"user_id" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "backup_codes_user_id_digest_pk" PRIMARY KEY("user_id","digest")
);

--> statement-breakpoint
CREATE TABLE "webauthn_credentials" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"credential_id" text NOT NULL,
	"public_key" "bytea" NOT NULL,
	"sign_count" bigint NOT NULL,
	"transports" text NOT NULL,
	"aaguid" text NOT NULL,
	"is_attested" boolean NOT NULL,
	"is_multi_device" boolean NOT NULL,
	"is_backed_up" boolean NOT NULL,
	"is_discoverable" boolean,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone
);

--> statement-breakpoint
CREATE TABLE "webauthn_challenges" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"bound_to" text,
	"expires_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "sign_in_attempts" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"method" text NOT NULL,
	"amr" text NOT NULL,
	"is_remembered" boolean NOT NULL,
	"failures" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "second_factor_failures" (
	"user_id" text NOT NULL,
	"is_known_device" boolean NOT NULL,
	"failures" bigint NOT NULL,
	"next_try_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "second_factor_failures_user_id_is_known_device_pk" PRIMARY KEY("user_id","is_known_device")
);

--> statement-breakpoint
CREATE TABLE "organizations" (
	"id" text PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"logo_url" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "members" (
	"organization_id" text NOT NULL,
	"user_id" text NOT NULL,
	"role" text NOT NULL,
	"status" text NOT NULL,
	"joined_at" timestamp (3) with time zone NOT NULL,
	"mfa_status" text NOT NULL,
	"mfa_deadline_at" timestamp (3) with time zone,
	"mfa_missing" text NOT NULL,
	"mfa_policy_version" bigint NOT NULL,
	"mfa_reminders" bigint NOT NULL,
	"mfa_reminded_at" timestamp (3) with time zone,
	"mfa_due_at" timestamp (3) with time zone,
	CONSTRAINT "members_organization_id_user_id_pk" PRIMARY KEY("organization_id","user_id")
);

--> statement-breakpoint
CREATE TABLE "invites" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"email" text NOT NULL,
	"email_normalized" text NOT NULL,
	"role" text NOT NULL,
	"department_ids" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"invited_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"sent_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "departments" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"name_normalized" text NOT NULL,
	"description" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "principals" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "department_members" (
	"department_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"user_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "department_members_department_id_user_id_pk" PRIMARY KEY("department_id","user_id")
);

--> statement-breakpoint
CREATE TABLE "principal_members" (
	"principal_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"user_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "principal_members_principal_id_user_id_pk" PRIMARY KEY("principal_id","user_id")
);

--> statement-breakpoint
CREATE TABLE "principal_departments" (
	"principal_id" text NOT NULL,
	"department_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "principal_departments_principal_id_department_id_pk" PRIMARY KEY("principal_id","department_id")
);

--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"device_name" text NOT NULL,
	"address" text,
	"amr" text NOT NULL,
	"acr" text NOT NULL,
	"is_compliance_only" boolean NOT NULL,
	"is_remembered" boolean NOT NULL,
	"authenticated_at" timestamp (3) with time zone NOT NULL,
	"stepped_up_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_seen_at" timestamp (3) with time zone NOT NULL,
	"idle_seconds" bigint NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "known_devices" (
	"user_id" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"first_seen_at" timestamp (3) with time zone NOT NULL,
	"last_seen_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "known_devices_user_id_digest_pk" PRIMARY KEY("user_id","digest")
);

--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"organization_id" text,
	"name" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"hint" text NOT NULL,
	"scopes" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone
);

--> statement-breakpoint
CREATE TABLE "security_policies" (
	"organization_id" text PRIMARY KEY NOT NULL,
	"version" bigint NOT NULL,
	"mfa_mode" text NOT NULL,
	"mfa_grace_days" bigint NOT NULL,
	"notify_days_before" bigint NOT NULL,
	"mfa_in_force_at" timestamp (3) with time zone NOT NULL,
	"password_min_length" bigint NOT NULL,
	"password_require_upper" boolean NOT NULL,
	"password_require_number" boolean NOT NULL,
	"password_require_special" boolean NOT NULL,
	"session_max_hours" bigint,
	"session_idle_minutes" bigint,
	"allowed_auth_methods" text NOT NULL,
	"allowed_email_domains" text NOT NULL,
	"webauthn_allowed_aaguids" text NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "security_policy_overrides" (
	"organization_id" text NOT NULL,
	"user_id" text NOT NULL,
	"mode" text NOT NULL,
	"force_totp" boolean NOT NULL,
	"force_webauthn" boolean NOT NULL,
	"reason" text NOT NULL,
	"ends_at" timestamp (3) with time zone,
	"set_at" timestamp (3) with time zone NOT NULL,
	"set_by" text NOT NULL,
	CONSTRAINT "security_policy_overrides_organization_id_user_id_pk" PRIMARY KEY("organization_id","user_id")
);

--> statement-breakpoint
CREATE TABLE "mfa_transitions" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"user_id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"status" text NOT NULL,
	"deadline_at" timestamp (3) with time zone,
	"missing" text NOT NULL,
	"policy_version" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "jobs" (
	"name" text PRIMARY KEY NOT NULL,
	"next_run_at" timestamp (3) with time zone NOT NULL,
	"lease_id" text,
	"leased_until" timestamp (3) with time zone,
	"last_started_at" timestamp (3) with time zone,
	"last_finished_at" timestamp (3) with time zone,
	"last_outcome" text,
	"last_error" text,
	"last_summary" text,
	"failures" bigint NOT NULL
);

--> statement-breakpoint
CREATE TABLE "clients" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text,
	"origin" text NOT NULL,
	"metadata" text NOT NULL,
	"accepts_basic_and_post" boolean NOT NULL,
	"require_pkce" boolean NOT NULL,
	"allow_plain_pkce" boolean NOT NULL,
	"consent" text NOT NULL,
	"access_token_format" text NOT NULL,
	"access_token_algorithm" text NOT NULL,
	"access_token_seconds" bigint,
	"id_token_seconds" bigint,
	"refresh_token_seconds" bigint,
	"audiences" text NOT NULL,
	"claims" text NOT NULL,
	"access" text NOT NULL,
	"registration_digest" "bytea",
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "client_secrets" (
	"id" text PRIMARY KEY NOT NULL,
	"client_id" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"sealed" "bytea",
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone
);

--> statement-breakpoint
CREATE TABLE "initial_access_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"uses_left" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "grants" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"client_id" text NOT NULL,
	"scopes" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "pushed_requests" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"client_id" text NOT NULL,
	"request" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "interactions" (
	"id" text PRIMARY KEY NOT NULL,
	"browser_digest" "bytea" NOT NULL,
	"client_id" text NOT NULL,
	"request" text NOT NULL,
	"session_id" text,
	"fresh_after" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "authorization_codes" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"client_id" text NOT NULL,
	"user_id" text NOT NULL,
	"grant_id" text NOT NULL,
	"family_id" text NOT NULL,
	"redirect_uri" text NOT NULL,
	"scopes" text NOT NULL,
	"resources" text NOT NULL,
	"claims" text,
	"nonce" text,
	"code_challenge" text,
	"code_challenge_method" text,
	"dpop_jkt" text,
	"session_id" text,
	"auth_time" timestamp (3) with time zone NOT NULL,
	"acr" text NOT NULL,
	"amr" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"consumed_at" timestamp (3) with time zone
);

--> statement-breakpoint
CREATE TABLE "refresh_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"digest" "bytea" NOT NULL,
	"family_id" text NOT NULL,
	"client_id" text NOT NULL,
	"user_id" text NOT NULL,
	"grant_id" text NOT NULL,
	"scopes" text NOT NULL,
	"resources" text NOT NULL,
	"claims" text,
	"dpop_jkt" text,
	"is_offline" boolean NOT NULL,
	"session_id" text,
	"auth_time" timestamp (3) with time zone NOT NULL,
	"acr" text NOT NULL,
	"amr" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"rotated_at" timestamp (3) with time zone,
	"successor" "bytea"
);

--> statement-breakpoint
CREATE TABLE "access_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"digest" "bytea" NOT NULL,
	"family_id" text,
	"client_id" text NOT NULL,
	"user_id" text,
	"grant_id" text,
	"session_id" text,
	"scopes" text NOT NULL,
	"audience" text NOT NULL,
	"dpop_jkt" text,
	"claims" text,
	"auth_time" timestamp (3) with time zone,
	"acr" text,
	"amr" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "device_authorizations" (
	"id" text PRIMARY KEY NOT NULL,
	"device_digest" "bytea" NOT NULL,
	"user_code" text NOT NULL,
	"client_id" text NOT NULL,
	"scopes" text NOT NULL,
	"resources" text NOT NULL,
	"dpop_jkt" text,
	"address" text,
	"status" text NOT NULL,
	"user_id" text,
	"grant_id" text,
	"session_id" text,
	"auth_time" timestamp (3) with time zone,
	"acr" text,
	"amr" text,
	"interval_seconds" bigint NOT NULL,
	"last_polled_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
CREATE TABLE "client_sessions" (
	"session_id" text NOT NULL,
	"client_id" text NOT NULL,
	"user_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "client_sessions_session_id_client_id_pk" PRIMARY KEY("session_id","client_id")
);

--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"algorithm" text NOT NULL,
	"generation" bigint NOT NULL,
	"public_jwk" text NOT NULL,
	"private_key" "bytea" NOT NULL,
	"published_at" timestamp (3) with time zone NOT NULL,
	"active_from" timestamp (3) with time zone NOT NULL,
	"retired_at" timestamp (3) with time zone,
	"remove_after" timestamp (3) with time zone
);

--> statement-breakpoint
CREATE TABLE "audit_events" (
	"id" text PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"action" text NOT NULL,
	"outcome" text NOT NULL,
	"reason" text,
	"actor_kind" text NOT NULL,
	"actor_id" text,
	"credential_id" text,
	"target_type" text,
	"target_id" text,
	"organization_id" text,
	"address" text,
	"user_agent" text,
	"request_id" text,
	"details" text NOT NULL
);

--> statement-breakpoint
CREATE TABLE "outbox_messages" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"payload" "bytea" NOT NULL,
	"status" text NOT NULL,
	"attempts" bigint NOT NULL,
	"next_attempt_at" timestamp (3) with time zone NOT NULL,
	"lease_id" text,
	"last_error" text,
	"created_at" timestamp (3) with time zone NOT NULL
);

--> statement-breakpoint
ALTER TABLE "passwords" ADD CONSTRAINT "passwords_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "mail_proofs" ADD CONSTRAINT "mail_proofs_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "totp_credentials" ADD CONSTRAINT "totp_credentials_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "backup_codes" ADD CONSTRAINT "backup_codes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "webauthn_credentials" ADD CONSTRAINT "webauthn_credentials_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "sign_in_attempts" ADD CONSTRAINT "sign_in_attempts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "second_factor_failures" ADD CONSTRAINT "second_factor_failures_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "departments" ADD CONSTRAINT "departments_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "principals" ADD CONSTRAINT "principals_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "department_members" ADD CONSTRAINT "department_members_department_id_departments_id_fk" FOREIGN KEY ("department_id") REFERENCES "public"."departments"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "department_members" ADD CONSTRAINT "department_members_member_fk" FOREIGN KEY ("organization_id","user_id") REFERENCES "public"."members"("organization_id","user_id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "principal_members" ADD CONSTRAINT "principal_members_principal_id_principals_id_fk" FOREIGN KEY ("principal_id") REFERENCES "public"."principals"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "principal_members" ADD CONSTRAINT "principal_members_member_fk" FOREIGN KEY ("organization_id","user_id") REFERENCES "public"."members"("organization_id","user_id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "principal_departments" ADD CONSTRAINT "principal_departments_principal_id_principals_id_fk" FOREIGN KEY ("principal_id") REFERENCES "public"."principals"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "principal_departments" ADD CONSTRAINT "principal_departments_department_id_departments_id_fk" FOREIGN KEY ("department_id") REFERENCES "public"."departments"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "known_devices" ADD CONSTRAINT "known_devices_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_member_fk" FOREIGN KEY ("organization_id","user_id") REFERENCES "public"."members"("organization_id","user_id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "security_policies" ADD CONSTRAINT "security_policies_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "security_policy_overrides" ADD CONSTRAINT "security_policy_overrides_member_fk" FOREIGN KEY ("organization_id","user_id") REFERENCES "public"."members"("organization_id","user_id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "mfa_transitions" ADD CONSTRAINT "mfa_transitions_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "clients" ADD CONSTRAINT "clients_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "client_secrets" ADD CONSTRAINT "client_secrets_client_id_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "initial_access_tokens" ADD CONSTRAINT "initial_access_tokens_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_client_id_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "pushed_requests" ADD CONSTRAINT "pushed_requests_client_id_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_client_id_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "authorization_codes" ADD CONSTRAINT "authorization_codes_client_id_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "authorization_codes" ADD CONSTRAINT "authorization_codes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "authorization_codes" ADD CONSTRAINT "authorization_codes_grant_id_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."grants"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_client_id_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_grant_id_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."grants"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_client_id_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_grant_id_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."grants"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "device_authorizations" ADD CONSTRAINT "device_authorizations_client_id_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "device_authorizations" ADD CONSTRAINT "device_authorizations_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "device_authorizations" ADD CONSTRAINT "device_authorizations_grant_id_grants_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."grants"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "client_sessions" ADD CONSTRAINT "client_sessions_client_id_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
ALTER TABLE "client_sessions" ADD CONSTRAINT "client_sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_normalized" ON "users" USING btree ("email_normalized");
--> statement-breakpoint
CREATE INDEX "users_status_id" ON "users" USING btree ("status","id");
--> statement-breakpoint
CREATE INDEX "users_instance_admin" ON "users" USING btree ("is_instance_admin","id");
--> statement-breakpoint
CREATE UNIQUE INDEX "mail_proofs_digest" ON "mail_proofs" USING btree ("digest");
--> statement-breakpoint
CREATE INDEX "mail_proofs_expires_at" ON "mail_proofs" USING btree ("expires_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "webauthn_credentials_credential_id" ON "webauthn_credentials" USING btree ("credential_id");
--> statement-breakpoint
CREATE INDEX "webauthn_credentials_user_id" ON "webauthn_credentials" USING btree ("user_id","id");
--> statement-breakpoint
CREATE INDEX "webauthn_challenges_expires_at" ON "webauthn_challenges" USING btree ("expires_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "sign_in_attempts_digest" ON "sign_in_attempts" USING btree ("digest");
--> statement-breakpoint
CREATE INDEX "sign_in_attempts_user_id" ON "sign_in_attempts" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "sign_in_attempts_expires_at" ON "sign_in_attempts" USING btree ("expires_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "organizations_slug" ON "organizations" USING btree ("slug");
--> statement-breakpoint
CREATE INDEX "members_mfa_due_at" ON "members" USING btree ("mfa_due_at");
--> statement-breakpoint
CREATE INDEX "members_mfa_status" ON "members" USING btree ("organization_id","mfa_status","user_id");
--> statement-breakpoint
CREATE INDEX "members_mfa_policy_version" ON "members" USING btree ("organization_id","mfa_policy_version","user_id");
--> statement-breakpoint
CREATE INDEX "members_user_id" ON "members" USING btree ("user_id");
--> statement-breakpoint
CREATE UNIQUE INDEX "members_owner" ON "members" USING btree ("organization_id") WHERE role = 'owner';
--> statement-breakpoint
CREATE UNIQUE INDEX "invites_digest" ON "invites" USING btree ("digest");
--> statement-breakpoint
CREATE UNIQUE INDEX "invites_organization_email" ON "invites" USING btree ("organization_id","email_normalized");
--> statement-breakpoint
CREATE INDEX "invites_organization_id" ON "invites" USING btree ("organization_id","id");
--> statement-breakpoint
CREATE INDEX "invites_email" ON "invites" USING btree ("email_normalized","id");
--> statement-breakpoint
CREATE INDEX "invites_expires_at" ON "invites" USING btree ("expires_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "departments_organization_name" ON "departments" USING btree ("organization_id","name_normalized");
--> statement-breakpoint
CREATE INDEX "departments_organization_id" ON "departments" USING btree ("organization_id","id");
--> statement-breakpoint
CREATE UNIQUE INDEX "principals_organization_name" ON "principals" USING btree ("organization_id","name");
--> statement-breakpoint
CREATE INDEX "principals_organization_id" ON "principals" USING btree ("organization_id","id");
--> statement-breakpoint
CREATE INDEX "department_members_member" ON "department_members" USING btree ("organization_id","user_id");
--> statement-breakpoint
CREATE INDEX "principal_members_member" ON "principal_members" USING btree ("organization_id","user_id");
--> statement-breakpoint
CREATE INDEX "principal_departments_department_id" ON "principal_departments" USING btree ("department_id");
--> statement-breakpoint
CREATE UNIQUE INDEX "sessions_digest" ON "sessions" USING btree ("digest");
--> statement-breakpoint
CREATE INDEX "sessions_user_id" ON "sessions" USING btree ("user_id","id");
--> statement-breakpoint
CREATE INDEX "sessions_expires_at" ON "sessions" USING btree ("expires_at");
--> statement-breakpoint
CREATE INDEX "sessions_idle" ON "sessions" USING btree ("idle_seconds","last_seen_at");
--> statement-breakpoint
CREATE INDEX "known_devices_last_seen_at" ON "known_devices" USING btree ("last_seen_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_digest" ON "api_keys" USING btree ("digest");
--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_user_name" ON "api_keys" USING btree ("user_id","name");
--> statement-breakpoint
CREATE INDEX "api_keys_user_id" ON "api_keys" USING btree ("user_id","id");
--> statement-breakpoint
CREATE INDEX "api_keys_member" ON "api_keys" USING btree ("organization_id","user_id");
--> statement-breakpoint
CREATE INDEX "api_keys_expires_at" ON "api_keys" USING btree ("expires_at");
--> statement-breakpoint
CREATE INDEX "mfa_transitions_member" ON "mfa_transitions" USING btree ("organization_id","user_id","at","id");
--> statement-breakpoint
CREATE INDEX "clients_organization_id" ON "clients" USING btree ("organization_id","id");
--> statement-breakpoint
CREATE INDEX "client_secrets_client_id" ON "client_secrets" USING btree ("client_id","id");
--> statement-breakpoint
CREATE INDEX "client_secrets_expires_at" ON "client_secrets" USING btree ("expires_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "initial_access_tokens_digest" ON "initial_access_tokens" USING btree ("digest");
--> statement-breakpoint
CREATE INDEX "initial_access_tokens_organization_id" ON "initial_access_tokens" USING btree ("organization_id");
--> statement-breakpoint
CREATE INDEX "initial_access_tokens_expires_at" ON "initial_access_tokens" USING btree ("expires_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "grants_user_client" ON "grants" USING btree ("user_id","client_id");
--> statement-breakpoint
CREATE INDEX "grants_client_id" ON "grants" USING btree ("client_id","id");
--> statement-breakpoint
CREATE INDEX "pushed_requests_expires_at" ON "pushed_requests" USING btree ("expires_at");
--> statement-breakpoint
CREATE INDEX "interactions_expires_at" ON "interactions" USING btree ("expires_at");
--> statement-breakpoint
CREATE INDEX "authorization_codes_expires_at" ON "authorization_codes" USING btree ("expires_at");
--> statement-breakpoint
CREATE INDEX "authorization_codes_user_id" ON "authorization_codes" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "authorization_codes_grant_id" ON "authorization_codes" USING btree ("grant_id");
--> statement-breakpoint
CREATE UNIQUE INDEX "refresh_tokens_digest" ON "refresh_tokens" USING btree ("digest");
--> statement-breakpoint
CREATE INDEX "refresh_tokens_family_id" ON "refresh_tokens" USING btree ("family_id");
--> statement-breakpoint
CREATE INDEX "refresh_tokens_user_id" ON "refresh_tokens" USING btree ("user_id","id");
--> statement-breakpoint
CREATE INDEX "refresh_tokens_grant_id" ON "refresh_tokens" USING btree ("grant_id");
--> statement-breakpoint
CREATE INDEX "refresh_tokens_session_id" ON "refresh_tokens" USING btree ("session_id");
--> statement-breakpoint
CREATE INDEX "refresh_tokens_expires_at" ON "refresh_tokens" USING btree ("expires_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "access_tokens_digest" ON "access_tokens" USING btree ("digest");
--> statement-breakpoint
CREATE INDEX "access_tokens_family_id" ON "access_tokens" USING btree ("family_id");
--> statement-breakpoint
CREATE INDEX "access_tokens_user_id" ON "access_tokens" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "access_tokens_grant_id" ON "access_tokens" USING btree ("grant_id");
--> statement-breakpoint
CREATE INDEX "access_tokens_session_id" ON "access_tokens" USING btree ("session_id");
--> statement-breakpoint
CREATE INDEX "access_tokens_expires_at" ON "access_tokens" USING btree ("expires_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "device_authorizations_device_digest" ON "device_authorizations" USING btree ("device_digest");
--> statement-breakpoint
CREATE UNIQUE INDEX "device_authorizations_user_code" ON "device_authorizations" USING btree ("user_code");
--> statement-breakpoint
CREATE INDEX "device_authorizations_expires_at" ON "device_authorizations" USING btree ("expires_at");
--> statement-breakpoint
CREATE INDEX "client_sessions_user_id" ON "client_sessions" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "client_sessions_expires_at" ON "client_sessions" USING btree ("expires_at");
--> statement-breakpoint
CREATE UNIQUE INDEX "signing_keys_generation" ON "signing_keys" USING btree ("algorithm","generation");
--> statement-breakpoint
CREATE INDEX "audit_events_organization" ON "audit_events" USING btree ("organization_id","id");
--> statement-breakpoint
CREATE INDEX "audit_events_actor" ON "audit_events" USING btree ("actor_id","id");
--> statement-breakpoint
CREATE INDEX "audit_events_target" ON "audit_events" USING btree ("target_id","id");
--> statement-breakpoint
CREATE INDEX "audit_events_action" ON "audit_events" USING btree ("action","id");
--> statement-breakpoint
CREATE INDEX "audit_events_address" ON "audit_events" USING btree ("address","id");
--> statement-breakpoint
CREATE INDEX "outbox_messages_due" ON "outbox_messages" USING btree ("status","next_attempt_at");

DROP INDEX "refresh_tokens_session_id";
--> statement-breakpoint
DROP INDEX "access_tokens_session_id";
--> statement-breakpoint
CREATE INDEX "pushed_requests_client_id" ON "pushed_requests" USING btree ("client_id");
--> statement-breakpoint
CREATE INDEX "interactions_client_id" ON "interactions" USING btree ("client_id");
--> statement-breakpoint
CREATE INDEX "authorization_codes_client_id" ON "authorization_codes" USING btree ("client_id");
--> statement-breakpoint
CREATE INDEX "refresh_tokens_client_id" ON "refresh_tokens" USING btree ("client_id");
--> statement-breakpoint
CREATE INDEX "access_tokens_client_id" ON "access_tokens" USING btree ("client_id");
--> statement-breakpoint
CREATE INDEX "device_authorizations_client_id" ON "device_authorizations" USING btree ("client_id");
--> statement-breakpoint
CREATE INDEX "device_authorizations_user_id" ON "device_authorizations" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "device_authorizations_grant_id" ON "device_authorizations" USING btree ("grant_id");
--> statement-breakpoint
CREATE INDEX "client_sessions_client_id" ON "client_sessions" USING btree ("client_id");

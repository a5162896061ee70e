CREATE INDEX "clients_origin" ON "clients" USING btree ("origin","updated_at");

CREATE INDEX `clients_origin` ON `clients` (`origin`,`updated_at`);

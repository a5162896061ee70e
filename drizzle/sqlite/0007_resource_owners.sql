CREATE TABLE `resources` (
	`identifier` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`organization_id`) REFERENCES `organizations`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE INDEX `resources_organization_id` ON `resources` (`organization_id`);
--> statement-breakpoint
ALTER TABLE `clients` ADD `foreign_audiences` text DEFAULT '[]' NOT NULL;
--> statement-breakpoint
ALTER TABLE `grants` ADD `resources` text DEFAULT '[]' NOT NULL;
--> statement-breakpoint
INSERT INTO `resources` (`identifier`, `organization_id`, `created_at`) SELECT `identifier`, `organization_id`, `created_at` FROM (SELECT `audience`.`value` AS `identifier`, `clients`.`organization_id`, `clients`.`created_at`, row_number() OVER (PARTITION BY `audience`.`value` ORDER BY `clients`.`created_at`, `clients`.`id`) AS `place` FROM `clients`, json_each(`clients`.`audiences`) AS `audience` WHERE `clients`.`organization_id` IS NOT NULL AND length(CAST(`audience`.`value` AS blob)) <= 2048) WHERE `place` = 1;
--> statement-breakpoint
UPDATE `clients` SET `foreign_audiences` = (SELECT json_group_array(`resources`.`identifier`) FROM json_each(`clients`.`audiences`) AS `audience` JOIN `resources` ON `resources`.`identifier` = `audience`.`value` WHERE `resources`.`organization_id` <> `clients`.`organization_id`) WHERE EXISTS (SELECT 1 FROM json_each(`clients`.`audiences`) AS `audience` JOIN `resources` ON `resources`.`identifier` = `audience`.`value` WHERE `resources`.`organization_id` <> `clients`.`organization_id`);

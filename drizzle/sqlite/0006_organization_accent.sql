ALTER TABLE `organizations` ADD `accent_color` text;

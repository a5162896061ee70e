ALTER TABLE `totp_credentials` ADD `offered_secret` blob;

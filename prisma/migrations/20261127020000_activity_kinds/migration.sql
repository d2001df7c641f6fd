-- The kind is an enum now. SQLite stores its values as text.
UPDATE "Activity" SET "kind" = 'configFile' WHERE "kind" = 'config file';

-- Tables and columns get the names that the code uses now.
ALTER TABLE "LaunchFile" RENAME TO "InstanceConfigOverride";
ALTER TABLE "GivenKey" RENAME TO "IssuedKey";
ALTER TABLE "AccessLink" RENAME COLUMN "offersNames" TO "allowExistingUsers";
ALTER TABLE "AccessLink" RENAME COLUMN "takesNewNames" TO "allowNewUsers";

-- Values of the new enums. SQLite stores them as text.
UPDATE "Identity" SET "role" = 'organizer' WHERE "role" = 'organiser';
UPDATE "Identity" SET "role" = 'waiting' WHERE "role" = 'none';
UPDATE "Identity" SET "displayName" = 'organizer' WHERE "id" = 'local' AND "displayName" = 'organiser';
UPDATE "Activity" SET "actor" = 'organizer' WHERE "actor" = 'organiser';

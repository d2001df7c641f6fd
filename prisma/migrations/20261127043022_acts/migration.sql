-- Existing entries of people count as organizers', so that none of them is pruned early.
ALTER TABLE "Activity" ADD COLUMN "actorKind" TEXT NOT NULL DEFAULT 'organizer';
ALTER TABLE "Activity" ADD COLUMN "identityId" TEXT;
ALTER TABLE "Activity" ADD COLUMN "count" INTEGER NOT NULL DEFAULT 1;
UPDATE "Activity" SET "actorKind" = 'thon' WHERE "actor" = 'THON';
CREATE INDEX "Activity_actorKind_identityId_idx" ON "Activity"("actorKind", "identityId");

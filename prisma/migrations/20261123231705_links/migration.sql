-- AlterTable
ALTER TABLE "User" ADD COLUMN "claimedAt" DATETIME;

-- CreateTable
CREATE TABLE "AccessLink" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT,
    "groupId" TEXT,
    "hash" TEXT NOT NULL,
    "offersNames" BOOLEAN NOT NULL DEFAULT false,
    "takesNewNames" BOOLEAN NOT NULL DEFAULT false,
    "maxUses" INTEGER,
    "uses" INTEGER NOT NULL DEFAULT 0,
    "createdBy" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" DATETIME,
    "lastUsedAt" DATETIME,
    CONSTRAINT "AccessLink_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "AccessLink_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES "Group" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- Columns are added in place: to make a table anew within a transaction would delete what refers to it.
ALTER TABLE "Group" ADD COLUMN "peerAccess" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Identity" ADD COLUMN "userId" TEXT REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "Identity_userId_idx" ON "Identity"("userId");

-- CreateIndex
CREATE UNIQUE INDEX "AccessLink_userId_key" ON "AccessLink"("userId");

-- CreateIndex
CREATE UNIQUE INDEX "AccessLink_hash_key" ON "AccessLink"("hash");

-- CreateIndex
CREATE INDEX "AccessLink_groupId_idx" ON "AccessLink"("groupId");

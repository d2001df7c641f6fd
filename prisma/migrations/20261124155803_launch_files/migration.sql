-- CreateTable
CREATE TABLE "LaunchFile" (
    "instanceId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "content" TEXT NOT NULL,

    PRIMARY KEY ("instanceId", "key"),
    CONSTRAINT "LaunchFile_instanceId_fkey" FOREIGN KEY ("instanceId") REFERENCES "Instance" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "ModelLoad" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "model" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "since" DATETIME NOT NULL
);

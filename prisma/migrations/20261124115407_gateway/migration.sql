-- CreateTable
CREATE TABLE "GatewaySettings" (
    "id" TEXT NOT NULL PRIMARY KEY DEFAULT 'gateway',
    "enabled" BOOLEAN,
    "mode" TEXT,
    "tokenLimit" INTEGER,
    "timeWindow" INTEGER,
    "redisHost" TEXT,
    "redisPort" INTEGER,
    "redisPassword" TEXT,
    "lemonadeUrl" TEXT,
    "lemonadeApiKey" TEXT,
    "lemonadeModel" TEXT,
    "adminUrl" TEXT,
    "adminKey" TEXT,
    "proxyPort" INTEGER,
    "updatedAt" DATETIME NOT NULL,
    "updatedBy" TEXT NOT NULL
);

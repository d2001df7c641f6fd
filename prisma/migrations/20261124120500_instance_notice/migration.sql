-- AlterTable
ALTER TABLE "Instance" ADD COLUMN "notice" TEXT;

ALTER TABLE "patients" ADD COLUMN "insurance_number" varchar(24);--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "patients_insurance_number_idx" ON "patients" ("insurance_number");
ALTER TABLE "doctors" ADD COLUMN "accepts_new_patients" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "visits" ADD COLUMN "room" varchar(16);
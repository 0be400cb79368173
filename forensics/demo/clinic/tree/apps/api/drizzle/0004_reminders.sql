ALTER TABLE "visits" ADD COLUMN "reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "visits" ADD COLUMN "reminder_sent_at" timestamp with time zone;
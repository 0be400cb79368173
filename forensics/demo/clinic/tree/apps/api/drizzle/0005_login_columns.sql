ALTER TABLE "patients" ADD COLUMN "login_name" varchar(64);--> statement-breakpoint
ALTER TABLE "patients" ADD COLUMN "password_hash" text;--> statement-breakpoint
ALTER TABLE "patients" ADD COLUMN "last_login_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "patients" ADD COLUMN "failed_logins" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "patients" ADD CONSTRAINT "patients_login_name_unique" UNIQUE("login_name");
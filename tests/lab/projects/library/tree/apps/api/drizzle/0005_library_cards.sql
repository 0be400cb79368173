ALTER TABLE "readers" ADD COLUMN "card_number" varchar(20);--> statement-breakpoint
ALTER TABLE "readers" ADD COLUMN "blocked_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "readers" ADD CONSTRAINT "readers_card_number_unique" UNIQUE("card_number");
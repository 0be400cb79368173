CREATE TABLE "members" (
	"id" serial PRIMARY KEY NOT NULL,
	"email" text
);

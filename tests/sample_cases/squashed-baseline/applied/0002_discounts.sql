CREATE TABLE "discounts" (
	"id" serial PRIMARY KEY NOT NULL,
	"percent" integer
);

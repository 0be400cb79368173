import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: "./src/schema.ts",
  out: "./drizzle",
  tablesFilter: ["orders"], // the tables of billing are Prisma's
  dbCredentials: { url: process.env.DATABASE_URL! },
});

import { pgTable, serial, text, uniqueIndex } from "drizzle-orm/pg-core";

export const members = pgTable("members", {
  id: serial("id").primaryKey(),
  email: text("email"),
}, (table) => [uniqueIndex("members_email_key").on(table.email)]);

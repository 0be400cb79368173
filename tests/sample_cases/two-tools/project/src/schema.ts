import { integer, pgTable, serial, text } from "drizzle-orm/pg-core";

export const orders = pgTable("orders", {
  id: serial("id").primaryKey(),
  status: text("status").notNull(),
  total: integer("total"),
});

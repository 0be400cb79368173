import { integer, pgTable, serial } from "drizzle-orm/pg-core";

export const orders = pgTable("orders", {
  id: serial("id").primaryKey(),
  status: integer("status").notNull(),
  total: integer("total"),
});

import { integer, pgTable, serial, text } from "drizzle-orm/pg-core";

export const customers = pgTable("customers", { id: serial("id").primaryKey(), name: text("name") });
export const invoices = pgTable("invoices", { id: serial("id").primaryKey(), amount: integer("amount") });
export const discounts = pgTable("discounts", { id: serial("id").primaryKey(), percent: integer("percent") });

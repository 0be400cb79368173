import { boolean, integer, pgTable, serial, text } from "drizzle-orm/pg-core";

export const notes = pgTable("notes", { id: serial("id").primaryKey(), body: text("body").notNull(), pinned: boolean("pinned").default(false), author: integer("author") });

import { index, integer, pgEnum, pgTable, text, timestamp, uuid, varchar } from 'drizzle-orm/pg-core';

export const loanStatus = pgEnum('loan_status', ['out', 'returned', 'lost']);

export const books = pgTable(
  'books',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    isbn: varchar({ length: 13 }).notNull().unique(),
    title: text().notNull(),
  },
  (table) => [index('books_title_idx').on(table.title)],
);

export const copies = pgTable('copies', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  bookId: integer('book_id')
    .notNull()
    .references(() => books.id, { onDelete: 'restrict' }),
  shelf: text().notNull(),
});

export const readers = pgTable('readers', {
  id: uuid().defaultRandom().primaryKey(),
  name: text().notNull(),
  email: text().notNull().unique(),
  joinedAt: timestamp('joined_at', { withTimezone: true }).defaultNow().notNull(),
});

export const loans = pgTable(
  'loans',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    copyId: integer('copy_id')
      .notNull()
      .references(() => copies.id),
    readerId: uuid('reader_id')
      .notNull()
      .references(() => readers.id, { onDelete: 'cascade' }),
    status: loanStatus().default('out').notNull(),
    dueAt: timestamp('due_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('loans_reader_idx').on(table.readerId, table.dueAt)],
);

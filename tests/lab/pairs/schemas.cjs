// Pairs of schemas: name, before, after, and what the kit is told was renamed ("was>is").
// One that needs what a release of drizzle-orm does not have is left out for it.
"use strict";

const nothing = () => ({});
const shelf = (o) => o.pgTable("shelf", { id: o.serial("id").primaryKey(), room: o.text("room") });

const book = (more = () => ({}), extra) => (o, sql) => ({
  book: o.pgTable(
    "book",
    { id: o.serial("id").primaryKey(), title: o.text("title").notNull(), ...more(o, sql) },
    extra && ((t) => extra(o, t, sql)),
  ),
});

const column = (name, before, after) => [
  name,
  book((o, sql) => ({ it: before(o, sql) })),
  book((o, sql) => ({ it: after(o, sql) })),
];

const added = (name, it) => [name, book(), book((o, sql) => ({ it: it(o, sql) }))];

const types = (o, sql) => ({
  everything: o.pgTable("everything", {
    a: o.uuid("a").defaultRandom().primaryKey(),
    b: o.varchar("b", { length: 80 }).notNull().default("it's"),
    c: o.char("c", { length: 2 }),
    d: o.numeric("d", { precision: 10, scale: 2 }).default("0.00"),
    e: o.integer("e").notNull().default(0),
    f: o.boolean("f").default(false).notNull(),
    g: o.timestamp("g", { withTimezone: true, precision: 3 }).defaultNow().notNull(),
    h: o.jsonb("h").default({ a: [1, "x"] }),
    i: o.text("i").array(),
    j: o.varchar("j", { length: 5 }).array().notNull(),
    k: o.bigserial("k", { mode: "number" }),
    l: o.doublePrecision("l").default(1.5),
    m: o.date("m").default(sql`now()`),
    n: o.interval("n", { fields: "day" }),
    p: o.time("p"),
    q: o.real("q"),
    r: o.smallint("r"),
    s: o.bigint("s", { mode: "bigint" }),
    t: o.json("t"),
    u: o.timestamp("u"),
    v: o.customType({ dataType: () => "citext" })("v"),
    w: o.integer("w").array().array(),
  }),
});

const members = (o) => {
  const member = o.pgTable("member", { id: o.serial("id").primaryKey(), email: o.text("email") });
  return member;
};

const loans = (how) => (o) => {
  const member = members(o);
  const loan = o.pgTable("loan", {
    id: o.serial("id").primaryKey(),
    member: how ? o.integer("member").references(() => member.id, how) : o.integer("member"),
  });
  return { member, loan };
};

const mood = (values, schema) => (o) => {
  const kind = (schema ? o.pgSchema(schema).enum : o.pgEnum)("mood", values);
  return { kind, ...(schema && { s: o.pgSchema(schema) }), diary: o.pgTable("diary", { id: o.serial("id"), mood: kind("mood").default(values[0]) }) };
};

const key = (...names) => (o) => ({
  pair: o.pgTable("pair", { a: o.integer("a").notNull(), b: o.integer("b").notNull(), c: o.integer("c").notNull() }, (t) =>
    names.length ? { pk: o.primaryKey({ columns: names.map((it) => t[it]) }) } : {},
  ),
});

const named = (...names) => (o) => ({
  pair: o.pgTable("pair", { a: o.integer("a").notNull(), b: o.integer("b").notNull() }, (t) => ({
    pk: o.primaryKey({ name: "pair_key", columns: names.map((it) => t[it]) }),
  })),
});

const inSchema = (o) => {
  const s = o.pgSchema("archive");
  const kind = s.enum("kind", ["paper", "film"]);
  const box = s.table("box", { id: o.serial("id").primaryKey(), kind: kind("kind").notNull() }, (t) => ({ i: o.index("box_kind").on(t.kind) }));
  const item = s.table("item", { id: o.serial("id").primaryKey(), box: o.integer("box").references(() => box.id) });
  return { s, kind, box, item };
};

const policy = (how) => (o, sql) => ({
  note: o.pgTable("note", { id: o.serial("id").primaryKey(), owner: o.text("owner") }, () => (how ? [o.pgPolicy("mine", how(sql))] : [])),
});

const view = (where, more = (it) => it) => (o, sql) => {
  const table = members(o);
  return { table, view: more(o.pgView("active", { id: o.integer("id") })).as(where(sql)) };
};

const renamed = (tableName, columnName, indexed) => (o) => ({
  t: o.pgTable(tableName, { id: o.serial("id").primaryKey(), [columnName]: o.text(columnName) }, (t) => (indexed ? { i: o.index("by_name").on(t[columnName]) } : {})),
});

module.exports = [
  ["create a table", nothing, book()],
  ["create every type", nothing, types],
  ["drop a table", (o) => ({ ...book()(o), shelf: shelf(o) }), book()],
  ["create two tables with a foreign key", nothing, loans({ onDelete: "cascade", onUpdate: "no action" })],
  ["add a foreign key", loans(), loans({ onDelete: "set null" })],
  ["drop a foreign key", loans({}), loans()],
  ["change a foreign key", loans({ onDelete: "cascade" }), loans({ onDelete: "restrict" })],
  ["a schema with all of its own", nothing, inSchema],
  ["drop a schema with all of its own", inSchema, nothing],
  ["change tables of a schema", inSchema, (o) => {
    const { s, kind, item } = inSchema(o);
    return { s, kind, item, box: s.table("box", { id: o.serial("id").primaryKey(), kind: kind("kind").default("film") }) };
  }],
  ["rename a schema", (o) => ({ s: o.pgSchema("one") }), (o) => ({ s: o.pgSchema("two") }), ["one>two"]],
  added("add a column", (o) => o.text("it")),
  added("add a column with a default", (o) => o.integer("it").notNull().default(7)),
  ["add a primary key column", (o) => ({ t: o.pgTable("t", { a: o.text("a") }) }), (o) => ({ t: o.pgTable("t", { a: o.text("a"), id: o.serial("id").primaryKey() }) })],
  added("add a unique column", (o) => o.text("it").unique()),
  added("add a column that is unique, nulls too", (o) => o.text("it").unique("it_once", { nulls: "not distinct" })),
  added("add an identity column", (o) => o.integer("it").generatedAlwaysAsIdentity({ startWith: 100, cache: 5 })),
  added("add a generated column", (o, sql) => o.text("it").generatedAlwaysAs(sql`upper(title)`)),
  ["create a table with an identity and a generated column", nothing, book((o, sql) => ({
    n: o.bigint("n", { mode: "number" }).generatedByDefaultAsIdentity({ name: "numbers", increment: 2, cycle: true }),
    loud: o.text("loud").generatedAlwaysAs(sql`upper("title")`),
  }))],
  ["drop a column", book((o) => ({ it: o.text("it") })), book()],
  ["columns of several tables", (o) => ({ ...book()(o), shelf: shelf(o) }), (o) => ({
    ...book((p) => ({ pages: p.integer("pages"), isbn: p.varchar("isbn", { length: 13 }).unique() }))(o),
    shelf: o.pgTable("shelf", { id: o.serial("id").primaryKey() }),
  })],
  column("set a default", (o) => o.text("it"), (o) => o.text("it").default("none")),
  column("change a default", (o) => o.text("it").default("a"), (o) => o.text("it").default("b")),
  column("drop a default", (o) => o.text("it").default("a"), (o) => o.text("it")),
  column("set not null", (o) => o.text("it"), (o) => o.text("it").notNull()),
  column("drop not null", (o) => o.text("it").notNull(), (o) => o.text("it")),
  column("change a type", (o) => o.integer("it"), (o) => o.bigint("it", { mode: "number" })),
  column("change a length", (o) => o.varchar("it", { length: 5 }), (o) => o.varchar("it", { length: 50 })),
  column("change a type and a default", (o) => o.integer("it").default(1), (o) => o.text("it").default("one").notNull()),
  column("change a type that has a default", (o) => o.integer("it").default(1), (o) => o.bigint("it", { mode: "number" }).default(1)),
  column("become an identity", (o) => o.integer("it"), (o) => o.integer("it").generatedAlwaysAsIdentity()),
  column("change an identity", (o) => o.integer("it").generatedAlwaysAsIdentity(), (o) => o.integer("it").generatedByDefaultAsIdentity({ startWith: 7, maxValue: 900 })),
  column("be an identity no more", (o) => o.integer("it").generatedAlwaysAsIdentity(), (o) => o.integer("it")),
  column("change a generated column", (o, sql) => o.text("it").generatedAlwaysAs(sql`upper(title)`), (o, sql) => o.text("it").generatedAlwaysAs(sql`lower(title)`)),
  column("be generated no more", (o, sql) => o.text("it").generatedAlwaysAs(sql`upper(title)`), (o) => o.text("it")),
  column("become an enum", (o) => o.text("it").default("a"), (o) => o.pgEnum("letter", ["a", "b"])("it").default("a")),
  column("become a primary key", (o) => o.integer("it").notNull(), (o) => o.integer("it").notNull().primaryKey()),
  column("be a primary key no more", (o) => o.integer("it").primaryKey(), (o) => o.integer("it").notNull()),
  ["create an enum", nothing, mood(["good", "it's bad"])],
  ["add values to an enum", mood(["good", "bad"]), mood(["best", "good", "so-so", "bad", "worst"])],
  ["drop a value of an enum", mood(["good", "bad", "worst"]), mood(["good", "bad"])],
  ["change values of an enum in a schema", mood(["good", "bad"], "diaries"), mood(["good", "worse"], "diaries")],
  ["drop an enum", (o) => ({ e: o.pgEnum("kind", ["a"]), ...book()(o) }), book()],
  ["rename an enum", (o) => ({ e: o.pgEnum("kind", ["a"]) }), (o) => ({ e: o.pgEnum("sort", ["a"]) }), ["kind>sort"]],
  ["an enum as an array", nothing, (o) => { const e = o.pgEnum("tag", ["x", "y"]); return { e, t: o.pgTable("t", { tags: e("tags").array() }) }; }],
  ["add a primary key", key(), key("a", "b")],
  ["create a table with a primary key of two columns", nothing, key("a", "b")],
  ["change a primary key", key("a", "b"), key("a", "c")],
  ["change a named primary key", named("a"), named("a", "b")],
  ["drop a primary key", key("a", "b"), key()],
  ["create a table with a unique constraint and an index", nothing, book(undefined, (o, t) => ({ u: o.unique("once").on(t.id, t.title), i: o.index("by_title").on(t.title) }))],
  ["add a unique constraint", book(), book(undefined, (o, t) => ({ u: o.unique().on(t.id, t.title) }))],
  ["change a unique constraint", book(undefined, (o, t) => ({ u: o.unique("once").on(t.id, t.title) })), book(undefined, (o, t) => ({ u: o.unique("once").on(t.title) }))],
  ["drop a unique constraint", book(undefined, (o, t) => ({ u: o.unique("once").on(t.title) })), book()],
  ["add an index", book(), book(undefined, (o, t) => ({ i: o.index("by_title").on(t.title), j: o.uniqueIndex("only").on(t.id, t.title) }))],
  ["change an index", book(undefined, (o, t) => ({ i: o.index("by_title").on(t.title) })), book(undefined, (o, t) => ({ i: o.index("by_title").on(t.title, t.id) }))],
  ["drop an index", book(undefined, (o, t) => ({ i: o.index("by_title").on(t.title) })), book()],
  ["an index with everything", book(), book(undefined, (o, t, sql) => ({
    i: o.index("special").using("btree", t.title.desc().nullsFirst(), sql`lower(${t.title})`).where(sql`${t.title} is not null`).with({ fillfactor: "70" }).concurrently(),
    j: o.index("ops").using("gin", t.title.op("gin_trgm_ops")),
    k: o.index("last").on(t.title.nullsFirst(), t.id.desc()),
  }))],
  ["create a table with a check", nothing, book(undefined, (o, t, sql) => ({ c: o.check("titled", sql`${t.title} <> ''`) }))],
  ["add a check", book(), book(undefined, (o, t, sql) => ({ c: o.check("titled", sql`length("title") > 1`) }))],
  ["change a check", book(undefined, (o, t, sql) => ({ c: o.check("titled", sql`length("title") > 1`) })), book(undefined, (o, t, sql) => ({ c: o.check("titled", sql`length("title") > 2`) }))],
  ["drop a check", book(undefined, (o, t, sql) => ({ c: o.check("titled", sql`true`) })), book()],
  ["create a sequence", nothing, (o) => ({ s: o.pgSequence("numbers", { startWith: 10, increment: 5, cycle: true }) })],
  ["change a sequence", (o) => ({ s: o.pgSequence("numbers") }), (o) => ({ s: o.pgSequence("numbers", { maxValue: 99 }) })],
  ["drop a sequence", (o) => ({ s: o.pgSequence("numbers") }), nothing],
  ["rename a sequence", (o) => ({ s: o.pgSequence("one") }), (o) => ({ s: o.pgSequence("two") }), ["one>two"]],
  ["create a view", members, view((sql) => sql`select id from member`)],
  ["change a view", view((sql) => sql`select id from member`), view((sql) => sql`select id from member where id > 1`)],
  ["drop a view", view((sql) => sql`select 1 as id`), (o) => ({ table: members(o) })],
  ["give a view options", view((sql) => sql`select 1 as id`), view((sql) => sql`select 1 as id`, (it) => it.with({ securityInvoker: true }))],
  ["create a materialized view", nothing, (o, sql) => ({ v: o.pgMaterializedView("counts", { n: o.integer("n") }).with({ fillfactor: 70 }).withNoData().as(sql`select 1 as n`) })],
  ["create a policy", policy(), policy((sql) => ({ as: "permissive", for: "select", to: ["public", "reader"], using: sql`owner = current_user` }))],
  ["create a table with a policy", nothing, policy((sql) => ({ withCheck: sql`true` }))],
  ["change a policy", policy((sql) => ({ using: sql`true` })), policy((sql) => ({ using: sql`false` }))],
  ["make a policy anew", policy((sql) => ({ for: "select", using: sql`true` })), policy((sql) => ({ for: "all", using: sql`true` }))],
  ["drop a policy", policy((sql) => ({ using: sql`true` })), policy()],
  ["enable row level security", policy(), (o) => ({ note: o.pgTable("note", { id: o.serial("id").primaryKey(), owner: o.text("owner") }).enableRLS() })],
  ["drop a table and change another", (o) => ({ ...book()(o), shelf: shelf(o) }), book(undefined, (o, t) => ({ i: o.index("by_title").on(t.title) }))],
  ["roles", (o) => ({ r: o.pgRole("reader") }), (o) => ({ r: o.pgRole("reader", { createDb: true }), w: o.pgRole("writer", { createRole: true, inherit: false }) })],
  ["rename a table", renamed("one", "name"), renamed("two", "name"), ["one>two"]],
  ["a table dropped, another made", renamed("one", "name"), renamed("two", "name")],
  ["rename a column", renamed("one", "name"), renamed("one", "label"), ["name>label"]],
  ["a column dropped, another added", renamed("one", "name"), renamed("one", "label")],
  ["rename a column with an index", renamed("one", "name", true), renamed("one", "label", true), ["name>label"]],
  ["rename a column and change it", (o) => ({ t: o.pgTable("t", { a: o.text("a") }) }), (o) => ({ t: o.pgTable("t", { b: o.text("b").notNull().default("x") }) }), ["a>b"]],
  ["move a table into a schema", (o) => ({ s: o.pgSchema("s"), t: o.pgTable("t", { id: o.serial("id") }) }), (o) => { const s = o.pgSchema("s"); return { s, t: s.table("t", { id: o.serial("id") }) }; }, ["t>t"]],
  ["two renamed columns of four", (o) => ({ t: o.pgTable("t", { a: o.text("a"), b: o.text("b") }) }), (o) => ({ t: o.pgTable("t", { c: o.text("c"), d: o.text("d") }) }), ["a>d"]],
  ["many things at once", loans({ onDelete: "cascade" }), (o, sql) => {
    const kind = o.pgEnum("kind", ["short", "long"]);
    const member = o.pgTable("member", { id: o.serial("id").primaryKey(), email: o.text("email").notNull().unique(), since: o.date("since").defaultNow() }, (t) => ({ i: o.index("by_email").on(t.email) }));
    const loan = o.pgTable("loan", { id: o.serial("id").primaryKey(), member: o.integer("member").notNull().references(() => member.id), kind: kind("kind").default("short").notNull() });
    const fine = o.pgTable("fine", { loan: o.integer("loan").references(() => loan.id), cents: o.integer("cents") }, (t) => ({ i: o.index("by_loan").on(t.loan) }));
    return { kind, member, loan, fine };
  }],
];

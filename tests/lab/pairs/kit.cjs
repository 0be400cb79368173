// Prints what one drizzle-kit makes of the schemas in schemas.cjs: both snapshots of each pair, and
// the SQL between them. Usage: node kit.cjs NODE_MODULES
"use strict";
const { readFileSync, existsSync } = require("node:fs");
const { Module, createRequire } = require("node:module");
const { join } = require("node:path");

const modules = process.argv[2];
const require_ = createRequire(join(modules, "any.js"));
const folder = join(modules, "drizzle-kit");
const path = ["api.js", "payload.js"].map((it) => join(folder, it)).find(existsSync);

// The kit asks on the terminal what was renamed; here the pair answers: "was>is", else it is new.
let answers = [];
globalThis.answerLab = async (prompt) => {
  const { items } = prompt.data ?? prompt.state;
  const renamed = items.find((it) => it.from && answers.includes(`${it.from.name ?? it.from}>${it.to.name ?? it.to}`));
  return { status: "submitted", data: renamed ?? items[0] };
};
const asked = /\(0, import_hanji\d*\.render\)\(\s*(?=new Resolve)/g;
const kit = new Module(path);
kit.filename = path;
kit.paths = [modules];
kit._compile(readFileSync(path, "utf8").replace(asked, "globalThis.answerLab("), path);

async function main() {
  const core = require_("drizzle-orm/pg-core");
  const { sql } = require_("drizzle-orm");
  const pairs = [];
  console.log = () => {};
  for (const [name, before, after, given] of require("./schemas.cjs")) {
    let snapshots;
    try {
      snapshots = [before, after].map((schema) => clean(kit.exports.generateDrizzleJson(schema(core, sql))));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // the drizzle-orm of that time had no such thing
      continue;
    }
    answers = given ?? [];
    try {
      const statements = await kit.exports.generateMigration(...snapshots);
      pairs.push({ name, before: snapshots[0], after: snapshots[1], statements, error: null });
    } catch (error) {
      pairs.push({ name, before: snapshots[0], after: snapshots[1], statements: null, error: String(error.message) });
    }
  }
  process.stdout.write(pairs.map((pair) => JSON.stringify(pair) + "\n").join(""));
}

// As the kit writes it to the disk, with an id that does not change from run to run.
function clean(snapshot) {
  const nobody = "00000000-0000-0000-0000-000000000000";
  return { ...JSON.parse(JSON.stringify(snapshot)), id: nobody, prevId: nobody };
}

main();

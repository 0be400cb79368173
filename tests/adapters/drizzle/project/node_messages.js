// Prints what this Node.js says: `node node_messages.js < texts` (a JSON array of texts).
const fs = require('fs');
const said = (action) => {
  try { action(); return null; } catch (error) { return `${error.name}: ${error.message}`; }
};
const shapes = {
  null_journal: () => { const journal = null; for (const entry of journal.entries); },
  no_entries: () => { const journal = {}; for (const entry of journal.entries); },
  null_entry: () => { for (const entry of [null]) entry.tag; },
  null_snapshot: () => null.version,
  no_file: () => fs.readFileSync('drizzle/meta/_journal.json'),
  no_file_to_delete: () => fs.rmSync('drizzle/0000_a.sql'),
  folder: () => fs.readFileSync('/'),
};
const texts = JSON.parse(fs.readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify({
  node: process.version,
  json: Object.fromEntries(texts.map((text) => [text, said(() => JSON.parse(text))])),
  shapes: Object.fromEntries(Object.entries(shapes).map(([name, it]) => [name, said(it)])),
}));

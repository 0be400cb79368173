// Loaded into drizzle-kit by the lab: V8 keeps what it compiled of the kit's five megabytes for the next of a thousand
// runs. The same code runs, and V8 itself refuses what another version of it kept.
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join } = require('node:path');
const vm = require('node:vm');

const KEPT = join(__dirname, '../../.pytest_cache/d/lab/compiled');
const compile = Module.prototype._compile;

// What V8 kept cannot import: the kit's `await import(...)` is done by a function that it compiled here.
Module.prototype._compile = function (content, filename) {
  if (!filename.endsWith('drizzle-kit/bin.cjs')) return compile.call(this, content, filename);
  const source = `(function (exports, require, module, __filename, __dirname, imported) { ${content
    .replace(/^#!.*/, '')
    .replaceAll('await import(', 'await imported(')}\n})`;
  // By place, size and time: a hash of five megabytes takes a tenth of a run.
  const { mtimeMs, size } = statSync(filename);
  const known = JSON.stringify([filename, mtimeMs, size, source.length, process.version]);
  const kept = join(KEPT, createHash('sha256').update(known).digest('hex').slice(0, 16));
  const cachedData = read(kept);
  const script = new vm.Script(source, { filename, cachedData });
  if (!cachedData || script.cachedDataRejected) process.on('exit', () => keep(kept, script.createCachedData()));
  compile.call(this, 'module.exports = { require, imported: (name) => import(name) }', filename);
  const { require: required, imported } = this.exports;
  this.exports = {};
  return script.runInThisContext().call(this.exports, this.exports, required, this, filename, dirname(filename), imported);
};

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function keep(path, data) {
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, data);
  renameSync(`${path}.${process.pid}`, path);
}

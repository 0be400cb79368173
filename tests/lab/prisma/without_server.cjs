// Loaded into the CLI of Prisma by the lab: 7 requires its local server at the start, whose modules no
// Node.js before 20.19 can require. No command of the lab uses that server.
const Module = require('node:module')

const load = Module._load
const nothing = new Proxy(function () {}, { get: (_, name) => (name === '__esModule' ? true : nothing) })

Module._load = function (name, ...rest) {
  return /^@prisma\/dev(\/|$)/.test(name) ? nothing : load.call(this, name, ...rest)
}

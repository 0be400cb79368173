#!/usr/bin/env node
/**
 * Stands in for the schema engine of Prisma, which its CLI would download.
 *
 * The CLI speaks JSON-RPC 2.0 with its engine, one object a line, and starts whatever
 * PRISMA_SCHEMA_ENGINE_BINARY names. The same engine is published compiled to WebAssembly, for a
 * driver in JavaScript. This joins the two: CLI and engine are the real ones, node-postgres is the
 * driver. LAB_PRISMA_KIT is the folder whose node_modules has all of them.
 *
 * Limits:
 * - What stands behind a failing statement is worded otherwise: `Error querying the database: ERROR:
 *   ...` where the native engine prints `Error: P3018`, the name of the migration, the code and the
 *   message. Exit code, row and later commands come from the same code of the engine. The `logs` of
 *   the row hold the text of here.
 * - Nothing ends an engine from outside: no panic, no killed process.
 * - PostgreSQL alone, and CLI 6 and 7 alone: earlier ones let the engine read the folder.
 */
import fs from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'
import { createRequire } from 'node:module'

const require = createRequire(path.join(process.env.LAB_PRISMA_KIT, 'package.json'))
const { PrismaPg } = require('@prisma/adapter-pg')
const utils = require('@prisma/driver-adapter-utils')

const args = process.argv.slice(2)
const FAILED = 4466 // the code of every error of the engine

/** The value of an option, the first one. */
function option(name) {
  const place = args.indexOf(name)
  return place < 0 ? undefined : args[place + 1]
}

/** The address: CLI 7 gives JSON, CLI 6 the text. */
function address() {
  const given = option('--datasource') ?? ''
  return new URL(given.startsWith('{') ? JSON.parse(given).url : given || process.env.DATABASE_URL)
}

// --- The driver ---------------------------------------------------------------------------------

/** Types of the catalogue that the adapter does not know, as texts that it knows. */
const KNOWN_AS = { 18: 25, 19: 25, 22: 25, 24: 25, 30: 25, 1002: 1009, 1003: 1009, 2205: 25 }

/** Sends a migration as one query, as the native engine does; the adapter would cut it at `;`. */
function asOneQuery(adapter) {
  return async (sql) => {
    try {
      await adapter.client.query(sql)
    } catch (error) {
      throw new utils.DriverAdapterError({
        kind: 'postgres',
        code: error.code ?? 'N/A',
        severity: error.severity ?? 'N/A',
        message: error.message,
        detail: error.detail,
        column: error.column,
        hint: error.hint,
        originalCode: error.code,
        originalMessage: error.message,
      })
    }
  }
}

/** The adapter, so that the engine can introspect and apply with it. */
function fit(adapter) {
  if (adapter.executeScript) adapter.executeScript = asOneQuery(adapter)
  const perform = adapter.performIO.bind(adapter)
  adapter.performIO = async (query) => {
    const result = await perform(query)
    for (const field of result.fields ?? []) field.dataTypeID = KNOWN_AS[field.dataTypeID] ?? field.dataTypeID
    return result
  }
  if (adapter.startTransaction) {
    const start = adapter.startTransaction.bind(adapter)
    adapter.startTransaction = async (...given) => fit(await start(...given))
  }
  return adapter
}

/** What makes connections; `?schema=` becomes the search path. */
function connections(database) {
  const url = address()
  const schema = url.searchParams.get('schema') ?? 'public'
  return new PrismaPg(
    {
      host: url.searchParams.get('host') ?? url.hostname,
      port: Number(url.port || 5432),
      user: url.username,
      password: url.password || undefined,
      database: database ?? url.pathname.slice(1),
      options: `-c search_path=${schema}`,
    },
    { schema },
  )
}

/** The same for the engine: with a shadow database that is closed before it is dropped. */
function factory() {
  const made = connections()
  const connect = made.connect.bind(made)
  made.connect = async () => fit(await connect())
  made.connectToShadowDb = async () => {
    const name = `prisma_migrate_shadow_db_${Math.random().toString(16).slice(2)}`
    const main = await connect()
    await main.executeScript(`CREATE DATABASE "${name}"`)
    const shadow = fit(await connections(name).connect())
    const dispose = shadow.dispose.bind(shadow)
    shadow.dispose = async () => {
      await dispose()
      await main.executeScript(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
      await main.dispose()
    }
    return shadow
  }
  return made
}

// --- The engine ---------------------------------------------------------------------------------

/** The engine of the kit, given the schema files that the CLI names. */
async function engine() {
  const main = require.resolve('@prisma/schema-engine-wasm')
  const glue = await import(main.replace(/schema_engine\.js$/, 'schema_engine_bg.js'))
  const bytes = fs.readFileSync(path.join(path.dirname(main), 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue })
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start?.()
  const files = args.flatMap((word, place) =>
    word === '--datamodels' ? [[args[place + 1], fs.readFileSync(args[place + 1], 'utf8')]] : [],
  )
  const bound = utils.bindMigrationAwareSqlAdapterFactory(factory())
  return glue.SchemaEngine.new({ datamodels: files.length ? files : undefined }, () => {}, bound)
}

/** One request of the CLI, and its answer. */
async function answer(running, request) {
  const { id, method, params } = request
  try {
    const given = Array.isArray(params) ? params[0] : params
    return { jsonrpc: '2.0', id, result: (await running[method](given)) ?? null }
  } catch (error) {
    const data = {
      is_panic: false,
      message: error.message,
      error_code: error.code ?? error.error_code ?? undefined,
      meta: error.meta ?? null,
    }
    const message = 'An error happened. Check the data field for details.'
    return { jsonrpc: '2.0', id, error: { code: FAILED, message, data } }
  }
}

/** CLI 6 asks first whether the database is there. */
async function canConnect() {
  try {
    const adapter = await factory().connect()
    await adapter.executeScript('SELECT 1')
    await adapter.dispose()
    return 0
  } catch (error) {
    console.log(JSON.stringify({ is_panic: false, message: String(error.message ?? error) }))
    return 1
  }
}

if (args.includes('cli')) process.exit(await canConnect())
const running = await engine()
for await (const line of readline.createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(running, JSON.parse(line)))}\n`)
}
process.exit(0)

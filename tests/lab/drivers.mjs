// Runs the real migrate() of drizzle-orm over one driver, for each folder and database it is given,
// and prints as JSON the code of the error, or null, of each.
import http from "node:http";
import { pathToFileURL } from "node:url";
import { neonConfig } from "@neondatabase/serverless";
import pg from "pg";

const [code, ...cases] = process.argv.slice(2);

// The service of Neon: one prepared statement per request, outside of any transaction, values as
// texts. The real one is a proxy before PostgreSQL; here the requests go to the test's own server.
async function neonService(database) {
  const client = new pg.Client({ database });
  await client.connect();
  const types = { getTypeParser: () => (value) => value };
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { query, params } = JSON.parse(body);
    const asArrays = request.headers["neon-array-mode"] === "true";
    try {
      const { command, rowCount, fields, rows } = await client.query({
        text: query,
        values: params,
        queryMode: "extended",
        types,
        ...(asArrays && { rowMode: "array" }),
      });
      response.end(JSON.stringify({ command, rowCount, fields, rows, rowAsArray: asArrays }));
    } catch (error) {
      response.statusCode = 400;
      response.end(JSON.stringify({ message: error.message, code: error.code }));
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  neonConfig.fetchEndpoint = `http://127.0.0.1:${server.address().port}/sql`;
  return async () => {
    server.close();
    server.closeAllConnections();
    await client.end();
  };
}

function codeOf(error) {
  return error.code ?? (error.cause && codeOf(error.cause)) ?? String(error);
}

const { apply } = await import(pathToFileURL(code));
const results = [];
for (const one of cases) {
  const [folder, database, before] = JSON.parse(one);
  const stop = code.includes("neon-http") ? await neonService(database) : async () => {};
  try {
    results.push(await apply(database, folder, before).then(() => [null], (error) => [codeOf(error)]));
  } finally {
    await stop();
  }
}
console.log(JSON.stringify(results.flat()));

const [,, driver, how, url] = process.argv;
const folder = {migrationsFolder: process.env.MIG || '../mig'};
async function main(){
  let db, migrate, end = async()=>{};
  if (driver==='pg'){ const {Pool}=require('pg'); const p=new Pool({connectionString:url}); db=require('drizzle-orm/node-postgres').drizzle(p); migrate=require('drizzle-orm/node-postgres/migrator').migrate; end=()=>p.end(); }
  if (driver==='postgres'){ const s=require('postgres')(url,{max:1,onnotice(){}}); db=require('drizzle-orm/postgres-js').drizzle(s); migrate=require('drizzle-orm/postgres-js/migrator').migrate; end=()=>s.end(); }
  if (driver==='pglite'){ const {PGlite}=require('@electric-sql/pglite'); const s=new PGlite(); db=require('drizzle-orm/pglite').drizzle(s); migrate=require('drizzle-orm/pglite/migrator').migrate; end=()=>s.close(); }
  if (driver==='neon'){ const {neon,neonConfig}=require('@neondatabase/serverless'); neonConfig.fetchEndpoint='http://127.0.0.1:8099/sql'; const s=neon(url.replace('127.0.0.1','x.localtest.me').replace('postgres@','postgres:pw@')); db=require('drizzle-orm/neon-http').drizzle(s); migrate=require('drizzle-orm/neon-http/migrator').migrate; }
  if (driver==='libsql'){ const {createClient}=require('@libsql/client'); const s=createClient({url:'file::memory:'}); db=require('drizzle-orm/libsql').drizzle(s); migrate=require('drizzle-orm/libsql/migrator').migrate; }
  if (driver==='better-sqlite3'){ const D=require('better-sqlite3'); db=require('drizzle-orm/better-sqlite3').drizzle(new D(':memory:')); migrate=require('drizzle-orm/better-sqlite3/migrator').migrate; }
  if (driver==='mysql2'){ const m=require('mysql2/promise'); const c=await m.createConnection(url); db=require('drizzle-orm/mysql2').drizzle(c); migrate=require('drizzle-orm/mysql2/migrator').migrate; end=()=>c.end(); }
  try { await migrate(db, folder); console.log('Migrations completed'); }
  catch(e){ if(how==='throw') throw e; if(how==='log') console.error('Migration failed:', e); if(how==='message') console.error('Migration failed:', e.message); if(how==='json') console.log(JSON.stringify({level:'error',msg:'migration failed',err:{...e,type:e.constructor.name,message:e.message,stack:e.stack,cause:e.cause&&{...e.cause,message:e.cause.message}}})); process.exitCode=1; }
  finally { await end(); }
}
main();

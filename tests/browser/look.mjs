// Opens a page at three widths, light, dark and printed, and tells what axe finds, as JSON.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [page, executablePath] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const told = [];
for (const width of [360, 800, 1440]) {
  for (const look of ['light', 'dark', 'print']) {
    const context = await browser.newContext({
      viewport: { width, height: 900 }, colorScheme: look === 'dark' ? 'dark' : 'light', bypassCSP: false,
    });
    const tab = await context.newPage();
    const requests = [], errors = [];
    tab.on('request', (made) => requests.push(made.url()));
    tab.on('pageerror', (error) => errors.push(String(error)));
    tab.on('console', (line) => { if (line.type() === 'error') errors.push(line.text()); });
    if (look === 'print') await tab.emulateMedia({ media: 'print' });
    await tab.goto(`file://${page}`);
    const seen = await tab.evaluate(() => ({
      overflow: document.documentElement.scrollWidth - innerWidth,
      fold: [...document.querySelectorAll('.tiles, #run, #do-not-run, .jump')]
        .filter((it) => it.offsetParent && it.getBoundingClientRect().top < innerHeight)
        .map((it) => it.id || it.className),
      buttons: document.querySelectorAll('button.copy').length,
      blocks: document.querySelectorAll('main pre').length,
    }));
    await tab.evaluate(axe);
    const found = await tab.evaluate(() => window.axe.run());
    told.push({
      width, look, ...seen, errors, others: requests.filter((it) => !/^(file|data):/.test(it)),
      violations: found.violations.map((it) => `${it.id}: ${it.nodes[0].html.slice(0, 120)}`),
    });
    await context.close();
  }
}
await browser.close();
console.log(JSON.stringify(told));

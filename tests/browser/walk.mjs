// Walks through a page by keyboard alone, and zooms it; tells what was met, as JSON.
import { chromium } from 'playwright-core';

const [page, executablePath] = process.argv.slice(2);
const started = (...more) => chromium.launch({ executablePath, args: ['--no-sandbox', ...more] });
const browser = await started();
// What a reader has who set the browser's text to twice its size.
const large = await started('--blink-settings=defaultFontSize=32');

async function opened(width, program = browser) {
  const context = await program.newContext({ viewport: { width, height: 900 }, reducedMotion: 'reduce' });
  const tab = await context.newPage();
  await tab.goto(`file://${page}`);
  return tab;
}

// What has the focus: its kind, whether it can be seen, and whether it shows that it has it.
const seen = () => {
  const it = document.activeElement;
  const box = it.getBoundingClientRect(), style = getComputedStyle(it);
  return {
    tag: it.tagName.toLowerCase(),
    name: (it.getAttribute('aria-label') || it.textContent).trim().slice(0, 60),
    kind: it.className,
    inView: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
      && box.left >= 0 && box.right <= innerWidth + 1,
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    inside: it.closest('main') ? 'main' : it.closest('nav') ? 'nav' : 'page',
  };
};

async function walk(width) {
  const tab = await opened(width);
  const stops = [];
  for (let step = 0; step < 400; step += 1) {
    await tab.keyboard.press('Tab');
    const stop = await tab.evaluate(seen);
    if (stop.tag === 'body') break;
    stops.push(stop);
  }
  const there = await tab.evaluate(() => [...document.querySelectorAll('a[href], button, select, summary, figure[tabindex]')]
    .filter((it) => it.checkVisibility() && !it.closest('details:not([open]) > :not(summary)')).length);
  await tab.context().close();
  return { width, stops, there };
}

async function until(tab, selector, most = 200) {
  for (let step = 0; step < most; step += 1) {
    await tab.keyboard.press('Tab');
    if (await tab.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  throw new Error(`Tab never reaches ${selector}`);
}

async function deeds() {
  const tab = await opened(1440);
  const told = {};
  await tab.keyboard.press('Tab');
  await tab.keyboard.press('Enter');
  told.skipped = await tab.evaluate(() => location.hash);
  await tab.reload();
  await until(tab, 'select');
  const cards = () => tab.evaluate(() => [...document.querySelectorAll('section.issue')].filter((it) => !it.hidden).length);
  told.cards = [await cards()];
  await tab.keyboard.press('ArrowDown');
  told.cards.push(await cards());
  await until(tab, '.tools button');
  const paper = () => tab.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  told.papers = [await paper()];
  await tab.keyboard.press('Enter');
  await tab.keyboard.press('Space');
  told.papers.push(await paper());
  await until(tab, 'button.copy');
  await tab.keyboard.press('Enter');
  await tab.waitForFunction(() => document.activeElement.textContent === 'Copied');
  told.status = await tab.evaluate(() => document.querySelector('[role=status]').textContent);
  await until(tab, 'section.issue details[id] > summary');
  await tab.keyboard.press('Enter');
  const open = () => tab.evaluate(() => document.activeElement.closest('details').open);
  told.open = [await open()];
  await tab.keyboard.press('Tab');
  const inside = await tab.evaluate(() => document.activeElement.tagName);
  await tab.keyboard.press('Escape');
  told.open.push(await open());
  told.after = [inside, await tab.evaluate(() => document.activeElement.tagName)];
  await tab.context().close();
  return told;
}

async function zoomed() {
  const told = [];
  for (const [width, program] of [[1280, browser], [640, browser], [320, browser], [1280, large], [640, large]]) {
    const tab = await opened(width, program);
    await tab.evaluate(() => document.querySelectorAll('details').forEach((it) => { it.open = true; }));
    told.push({
      width,
      size: await tab.evaluate(() => getComputedStyle(document.querySelector('main p')).fontSize),
      overflow: await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      cut: await tab.evaluate(() => [...document.querySelectorAll('main p, main li, main td, main th, main pre, main button')]
        .filter((it) => it.checkVisibility() && it.getBoundingClientRect().right > innerWidth + 1 && !it.closest('figure, thead'))
        .map((it) => it.outerHTML.slice(0, 80))),
    });
    await tab.context().close();
  }
  return told;
}

async function headings() {
  const tab = await opened(1440);
  const levels = await tab.evaluate(() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((it) => Number(it.tagName[1])));
  await tab.context().close();
  return levels;
}

const walks = [await walk(1440), await walk(360)];
console.log(JSON.stringify({ walks, deeds: await deeds(), zoomed: await zoomed(), headings: await headings() }));
await browser.close();
await large.close();

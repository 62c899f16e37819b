// Opens reports in a real browser and uses them as a person would: `node page.mjs PAGE LARGE_PAGE`.
// Exits with 1 and says what was wrong at the first thing that is not as it should be.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [page, large] = process.argv.slice(2).map((file) => pathToFileURL(file).href);
const require = createRequire(path.join(process.env.NEWGATE_CONSUMERS, 'x.js'));
const { chromium } = require('playwright-core');

const browser = await chromium.launch({
  executablePath: process.env.NEWGATE_BROWSER,
  args: ['--no-sandbox'],
});

async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const tab = await context.newPage();
  const heard = [];
  tab.on('console', (message) => heard.push(message.text()));
  tab.on('pageerror', (error) => heard.push(String(error)));
  tab.on('dialog', (dialog) => { heard.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  tab.on('request', (request) => { if (request.url() !== url) heard.push(`request ${request.url()}`); });
  await tab.goto(url);
  return { tab, heard };
}
const shown = (tab) => tab.locator('.issue:visible').count();

// Hostile strings do nothing, nothing is loaded, and nothing is complained about.
const { tab, heard } = await open(page);
assert.match(await tab.title(), /^BLOCKED: .* newgate$/);
assert.equal(await tab.locator('main img, main script, main iframe').count(), 0);
assert.deepEqual(heard, []);
assert.equal(await tab.evaluate(() => window.hacked), undefined);
// A script that gets in nevertheless is not run.
await tab.evaluate(() => {
  const script = document.createElement('script');
  script.textContent = 'window.hacked = 1';
  document.body.append(script);
});
assert.equal(await tab.evaluate(() => window.hacked), undefined);
assert.ok(heard.some((text) => /Content Security Policy/.test(text)), 'the policy refuses a script');

// The first screen says what blocks, where and in which code, before anything else.
const inView = (locator) => locator.evaluate((e) => e.getBoundingClientRect().bottom <= 800);
assert.ok(await inView(tab.locator('h1')));
assert.match(await tab.locator('h1').textContent(), /^BLOCKED \d+ issues? blocks? this change$/);
const rows = tab.locator('.list').first().locator('.issue.blocks > summary');
for (const part of ['.band', '.title', '.place', '.line']) assert.ok(await inView(rows.first().locator(part)), part);
assert.ok(await tab.locator('main > :first-child').evaluate((e) => e.matches('.list.blocking')));

// Every row has a place, and no two rows in a row show the same title.
assert.equal(await tab.locator('.issue > summary:not(:has(.place))').count(), 0);
const repeated = await tab.locator('.rows').evaluateAll((lists) => lists.flatMap((list) => {
  const titles = [...list.children].map((row) => row.querySelector('.title'));
  return titles.filter((t, n) => n > 0 && t.textContent === titles[n - 1].textContent && t.offsetWidth > 1);
}).length);
assert.equal(repeated, 0);
assert.ok(await tab.locator('pre i.k').count() > 0 && await tab.locator('pre i.s').count() > 0, 'code has colours');
assert.equal(await tab.locator('.title, dd, .next').evaluateAll((all) => all.filter((e) => e.textContent.includes('`')).length), 0);

// Filters: a severity, a status, words, a path; and all again.
const all = await shown(tab);
assert.ok(all >= 4, `${all} issues`);
const facet = (value) => tab.locator(`.facet[data-value="${value}"]`);
await facet('critical').click();
assert.equal(await facet('critical').getAttribute('aria-pressed'), 'true');
const few = await shown(tab);
assert.ok(few > 0 && few < all, `${few} of ${all}`);
assert.equal(await tab.locator('.issue:visible:not(.critical)').count(), 0);
assert.equal(await tab.locator('#told').textContent(), `${few} of ${all} issues shown`);
await tab.locator('#reset').click();
assert.equal(await shown(tab), all);
await facet('fixed').click();
assert.equal(await tab.locator('.list:visible').count(), 1);
assert.equal(String(await shown(tab)), (await facet('fixed').textContent()).replace(/\D/g, ''));
await tab.locator('#reset').click();
await tab.fill('#search', 'shell cwe-78');
assert.ok(await shown(tab) > 0 && await shown(tab) < all);
await tab.fill('#search', '');
for (const [path, fits] of [['app/', /^app\//], ['*.py', /\.py$/], ['load.py', /load\.py$/]]) {
  await tab.fill('#path', path);
  const places = await tab.locator('.issue:visible .spot .place').allTextContents();
  assert.ok(places.length > 0 && places.every((p) => fits.test(p.replace(/:\d+$/, ''))), `${path}: ${places}`);
}
await tab.fill('#path', '');

// Grouped by file, each row stands under its file; ungrouped, all is as before.
await tab.selectOption('#group', 'file');
assert.equal(await shown(tab), all);
const misplaced = await tab.locator('#grouped .list').evaluateAll((lists) => lists.flatMap((list) => {
  const file = list.querySelector('h2').firstChild.textContent.trim();
  return [...list.querySelectorAll('.issue')].filter((row) => !row.querySelector('.place').textContent.startsWith(file));
}).length);
assert.equal(misplaced, 0);
await tab.locator('#reset').click();
assert.equal(await tab.locator('.list.blocking .issue').count(), await tab.locator('.issue.blocks').count());

// Each command can be copied.
assert.equal(await tab.locator('code.command').count(), await tab.locator('code.command + button.copy').count());
await tab.context().grantPermissions(['clipboard-read', 'clipboard-write']);
await rows.first().click();
const command = tab.locator('.issue.blocks code.command').first();
await command.locator('+ button.copy').click();
await tab.waitForFunction(() => document.querySelector('.copy').isConnected && [...document.querySelectorAll('.copy')].some((b) => b.textContent === 'Copied'));
assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), await command.textContent());
await rows.first().click();
await tab.fill('#search', 'no such words');
await tab.focus('#search');
assert.equal(await shown(tab), 0);

// Keyboard: Escape clears, `/` searches, `j` and `k` walk, Enter opens and closes.
await tab.keyboard.press('Escape');
assert.equal(await shown(tab), all);
await tab.keyboard.press('/');
assert.equal(await tab.evaluate(() => document.activeElement.id), 'search');
await tab.evaluate(() => document.activeElement.blur());
await tab.keyboard.press('j');
await tab.keyboard.press('j');
const second = () => tab.evaluate(() => [...document.querySelectorAll('.issue > summary')].indexOf(document.activeElement));
assert.equal(await second(), 1);
await tab.keyboard.press('k');
assert.equal(await second(), 0);
const first = tab.locator('.issue').first();
const before = await first.evaluate((issue) => issue.open);
await tab.keyboard.press('Enter');
assert.equal(await first.evaluate((issue) => issue.open), !before);

// Order.
await tab.selectOption('#sort', 'title');
const titles = await tab.locator('.list').first().locator('.issue').evaluateAll((rows) => rows.map((r) => r.dataset.title));
assert.deepEqual(titles, [...titles].sort((a, b) => a.localeCompare(b)));

// What a screen reader is told: every control has a name, every issue is a button that opens.
const unnamed = await tab.locator('button, input, select, summary, a').evaluateAll((all) => all.filter((e) => {
  const label = e.closest('label')?.textContent ?? '';
  return !(e.textContent.trim() || label.trim() || e.getAttribute('aria-label'));
}).length);
assert.equal(unnamed, 0);
assert.equal(await tab.locator('#told').getAttribute('aria-live'), 'polite');

// Light and dark have other colours, in both the text stands out (WCAG 2.2, 1.4.3: 4.5 to 1).
const contrasts = async (scheme) => {
  const { tab: one } = await open(page, { colorScheme: scheme });
  return one.evaluate(() => {
    const numbers = (color) => color.match(/[\d.]+/g).slice(0, 3).map(Number);
    const light = (color) => {
      const [r, g, b] = numbers(color).map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (e) => {
      for (let at = e; at; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        if (!/, 0\)$/.test(color)) return color;
      }
      return 'rgb(255, 255, 255)';
    };
    const texts = [...document.querySelectorAll('h1, h2, h3, p, .faint, .band, .title, .stops, .state, dt, dd, a, i, .verdict, .number, .hit, .next, td')];
    const worst = texts.map((e) => {
      const pair = [light(getComputedStyle(e).color), light(behind(e))].sort((a, b) => b - a);
      return [(pair[0] + 0.05) / (pair[1] + 0.05), e.className || e.tagName];
    }).sort((a, b) => a[0] - b[0])[0];
    return { worst, page: getComputedStyle(document.body).backgroundColor };
  });
};
const light = await contrasts('light');
const dark = await contrasts('dark');
assert.notEqual(light.page, dark.page);
for (const { worst } of [light, dark]) assert.ok(worst[0] >= 4.5, `contrast ${worst}`);

// Narrow screens do not scroll sideways.
const { tab: narrow } = await open(page, { viewport: { width: 360, height: 800 } });
assert.ok(await narrow.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'fits 360 pixels');

// On paper every issue is open and the controls are gone.
await tab.emulateMedia({ media: 'print' });
await tab.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
assert.equal(await tab.locator('.tools:visible').count(), 0);
assert.equal(await tab.locator('.issue:not([open])').count(), 0);

// Without scripts everything can be read, and no control that does nothing is offered.
const { tab: plain } = await open(page, { javaScriptEnabled: false });
assert.equal(await plain.locator('.issue').count(), all);
assert.equal(await plain.locator('.tools:visible').count(), 0);
assert.equal(await plain.locator('button:enabled:visible').count(), 0);

// Many issues: opened and filtered; only rows that change are touched, and cost follows their number.
const { tab: many, heard: complaints } = await open(large);
const count = await many.locator('.issue').count();
assert.ok(count >= 5000, `${count} issues`);
const touched = await many.evaluate(async () => {
  let changes = 0;
  const watch = new MutationObserver((list) => { changes += list.length; });
  const rows = document.querySelectorAll('.issue');
  for (const row of rows) watch.observe(row, { attributes: true, attributeFilter: ['hidden'] });
  const search = document.getElementById('search');
  const type = async (text) => {
    changes = 0;
    search.value = text;
    search.dispatchEvent(new Event('input'));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return changes;
  };
  const narrowed = await type('module_4999');
  const same = await type('module_4999 ');
  return { narrowed, same, left: [...rows].filter((r) => !r.hidden).length };
});
assert.deepEqual(touched, { narrowed: count - touched.left, same: 0, left: touched.left });
assert.ok(touched.left === 1, JSON.stringify(touched));
assert.deepEqual(complaints, []);
assert.ok(fs.statSync(process.argv[3]).size < 3_000_000, 'a page of 3 MB');

await browser.close();
console.log('as it should be');

// Takes a picture of a page: `node screenshot.mjs PAGE PICTURE [light|dark] [HEIGHT]`.
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [page, picture, scheme = 'light', height = '1000'] = process.argv.slice(2);
const require = createRequire(path.join(process.env.NEWGATE_CONSUMERS, 'x.js'));
const { chromium } = require('playwright-core');
const browser = await chromium.launch({
  executablePath: process.env.NEWGATE_BROWSER,
  args: ['--no-sandbox'],
});
const tab = await browser.newPage({ viewport: { width: 1200, height: Number(height) }, colorScheme: scheme });
await tab.goto(pathToFileURL(page).href);
await tab.screenshot({ path: picture });
await browser.close();

// Reads a report as its consumer would: `node read.mjs schema FILE SCHEMA`, `junit FILE`, `markdown FILE`.
// Prints what it found as JSON; exits with 1 where the file is not valid.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const [what, file, schema] = process.argv.slice(2);
// The packages lie where the project's other pinned tools do.
const require = createRequire(path.join(process.env.NEWGATE_CONSUMERS, 'x.js'));
const text = fs.readFileSync(file, 'utf8');

const readers = {
  schema() {
    const rules = JSON.parse(fs.readFileSync(schema, 'utf8'));
    const of2020 = String(rules.$schema).includes('2020-12');
    const Ajv = of2020 ? require('ajv/dist/2020').default : require('ajv').default;
    const ajv = new Ajv({ allErrors: true, strict: false });
    require('ajv-formats').default(ajv);
    const valid = ajv.compile(rules);
    if (!valid(JSON.parse(text))) {
      console.error(JSON.stringify(valid.errors, null, 1));
      process.exitCode = 1;
    }
    return {};
  },
  async junit() {
    const { parse } = await import(require.resolve('junit2json'));
    return parse(text);
  },
  markdown() {
    const markdown = require('markdown-it');
    const html = (markdown.default ?? markdown)({ html: true, linkify: false }).render(text);
    return { html, tags: [...new Set([...html.matchAll(/<([a-z0-9]+)/g)].map((m) => m[1]))].sort() };
  },
};
console.log(JSON.stringify(await readers[what]()));

// The rules browser: opened from a chain, searched, folded, listed, copied; counters that go up as the packet
// passes; from chain to chain, to the YAML and back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { PHONE, WIDE, launch, open } from './harness.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe('the rules browser', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.pause();
    await ui.page.keyboard.press('Home');
    await body(ui);
    await ui.close();
  });
  const reads = (ui, selector, says) => ui.page.waitForFunction(
    (s, source) => new RegExp(source).test(document.querySelector(s)?.innerText ?? ''), {}, selector, says.source,
  );
  const opens = async (ui) => {
    await ui.page.keyboard.press('t');
    await ui.get('region', 'Rules browser');
    await ui.page.waitForSelector('.rules-body');
  };
  const chain = async (ui, name) => {
    const list = await ui.page.$('.rules-index');
    await list.evaluate((e, n) => [...e.querySelectorAll('button')].find((b) => b.innerText.startsWith(n)).click(), name);
    await reads(ui, '.rules-head h3', new RegExp(`^${name}`));
  };
  const rows = (ui) => ui.page.$$eval('.rule-row', (all) => all.map((e) => e.innerText.replaceAll(/\s+/g, ' ')));

  at('a chain of the walk opens it there; jumps leave a trail, and back goes back', async (ui) => {
    await ui.page.keyboard.press('d');
    const name = await ui.page.$eval('.card h3', (e) => e.innerText);
    assert.match(name, /^KUBE-SVC-/);
    await ui.click('button', name);
    await reads(ui, '.rules-head h3', new RegExp(name));
    const there = await ui.page.$eval('.rule-row .what code .link', (e) => e.innerText);
    await ui.page.$eval('.rule-row .what code .link', (e) => e.click());
    await reads(ui, '.rules-head h3', new RegExp(there));
    const caller = await ui.page.$$eval('.rules-head .callers .link', (all) => all.map((e) => e.innerText));
    assert.ok(caller.includes(name), `${there} is reached from ${caller}`);
    await ui.click('button', `Back to ${name}`);
    await reads(ui, '.rules-head h3', new RegExp(name));
    await ui.page.keyboard.press('Escape');
    await ui.get('region', 'Chain walk');
  });

  at('the rule at hand is marked, and counters go up as the packet passes', async (ui) => {
    await opens(ui);
    await chain(ui, 'KUBE-SERVICES');
    assert.match((await rows(ui))[0], /^1 0 0 /);
    await ui.page.keyboard.press('d');
    await ui.page.waitForFunction(() => document.querySelector('.rule-row .counter').innerText === '1');
    assert.match((await rows(ui))[0], /^1 1 60 -d 10\.43\.169\.48\/32/);
    await ui.page.keyboard.press('Home');
    await ui.page.waitForFunction(() => document.querySelector('.rule-row .counter').innerText === '0');
    await ui.page.keyboard.press('d');
    const svc = await ui.page.$eval('.rule-row .what code .link', (e) => e.innerText);
    await chain(ui, svc);
    const here = await ui.page.$eval('.rule-row[aria-current="step"]', (e) => e.innerText);
    assert.match(here, /--probability 0\.33333333349/);
    assert.match(here, /kube-proxy, for Pod demo\//);
    assert.match(await ui.page.$eval('.rules-cost', (e) => e.innerText), /first packet tries \d+ rules \(nat \d+.*The second tries \d+ rules .*none in nat/);
  });

  at('who wrote a rule, and the line that made it', async (ui) => {
    await opens(ui);
    await chain(ui, 'KUBE-SERVICES');
    const line = await ui.page.$eval('.rule-row .what p .link', (e) => e.innerText);
    assert.match((await rows(ui))[0], /kube-proxy, for Service demo\/demo-cluster-ip-svc, line \d+/);
    await ui.page.$eval('.rule-row .what p .link', (e) => e.click());
    await ui.page.waitForFunction((n) => document.querySelector('yaml-editor')?.line === n, {}, Number(line.split(' ')[1]));
    assert.ok(await ui.has('region', 'Rules browser'), 'it stays beside the text');
    await ui.click('button', 'Rules from here');
    const made = await ui.get('group', 'Rules made by one object');
    await made.$eval('h3 button', (e) => e.click());
    await ui.get('region', 'Rules browser');
  });

  at('search by an address, a Service and a chain', async (ui) => {
    await opens(ui);
    const search = async (text, says) => {
      await ui.page.$eval('.rules-search', (e) => e.select());
      await ui.page.type('.rules-search', text);
      await reads(ui, '.rules-head', says);
      return rows(ui);
    };
    const found = await search('10.43.169.48:8711', /^2 rules on pi-w1 with/);
    assert.match(found[0], /KUBE-SERVICES nat -d 10\.43\.169\.48\/32/);
    assert.ok((await search('demo/demo-cluster-ip-svc', /^\d+ rules/)).length > 5);
    await search('KUBE-FORWARD', /^[1-9]\d* rules/);
    await search('nothing like it', /^0 rules/);
  });

  at('what this walk does not touch is folded', async (ui) => {
    await ui.page.keyboard.press('d');
    await opens(ui);
    const all = (await rows(ui)).length;
    const select = await ui.get('combobox', 'Which rules');
    await select.select('rules this walk matches');
    await ui.page.waitForSelector('.rule-row.folded');
    const left = (await rows(ui)).filter((r) => !r.startsWith('⋮'));
    assert.ok(left.length < all && left.every((r) => r.includes('matches')), left.join('\n'));
  });

  at('every form, as the tools print it, copied', async (ui) => {
    await ui.page.evaluate(() => { navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }; });
    await opens(ui);
    await chain(ui, 'KUBE-SERVICES');
    await ui.click('button', '-L');
    await ui.page.waitForSelector('.rules-text');
    const shown = await ui.page.$eval('.rules-text', (e) => e.textContent);
    assert.match(shown, /^Chain KUBE-SERVICES \(2 references\)\nnum   pkts bytes target     prot opt in     out/);
    assert.match(await ui.page.$eval('.rules-head code', (e) => e.innerText), /^iptables -t nat -L KUBE-SERVICES -n -v --line-numbers$/);
    await ui.click('button', 'Copy');
    await ui.page.waitForFunction((text) => globalThis.copied === text, {}, shown);
    await ui.click('button', 'save');
    await reads(ui, '.rules-text', /^\*nat\n/);
    await ui.click('button', 'restore');
    await reads(ui, '.rules-text', /^\*filter\n/);
    await ui.click('button', '-S');
    await reads(ui, '.rules-text', /^-N KUBE-SERVICES -c|^-N KUBE-SERVICES\n/);
  });

  at('other nodes, tables and the other family', async (ui) => {
    await opens(ui);
    await ui.click('button', 'IPv6');
    await ui.page.waitForFunction(() => document.querySelector('[aria-label="Family"] [aria-pressed="true"]').innerText === 'IPv6');
    await reads(ui, '.rules-cost', /does not come to pi-w1/);
    await ui.click('button', 'IPv4');
    const node = await ui.get('combobox', 'Node of the rules');
    await node.select('pi-w2');
    await reads(ui, '.rules-cost', /on pi-w2/);
    await ui.page.$$eval('[aria-label="Table"] button', (all) => all.find((b) => b.innerText.startsWith('filter')).click());
    await ui.page.waitForFunction(() => [...document.querySelectorAll('.rules-index button')].some((b) => b.innerText.startsWith('KUBE-FORWARD')));
  });

  for (const [size, viewport] of [['wide', WIDE], ['a phone', PHONE]]) {
    for (const scheme of ['light', 'dark']) {
      at(`axe, and nothing stands out of the page: ${size}, ${scheme}`, async (ui) => {
        await ui.page.keyboard.press('d');
        await opens(ui);
        await ui.page.waitForSelector('.rule-row');
        for (const view of ['Rules', '-L']) {
          await ui.click('button', view);
          await ui.page.waitForSelector(view === 'Rules' ? '.rule-row' : '.rules-text');
          await ui.page.evaluate(AXE);
          const { violations } = await ui.page.evaluate(() => globalThis.axe.run(document, { rules: { 'target-size': { enabled: true } } }));
          assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`), []);
          assert.ok(await ui.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scrolling');
        }
      }, { viewport, media: { 'prefers-color-scheme': scheme } });
    }
  }
});

// Many connections: a chart that grows, a table that says the same, and whether it was luck.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PHONE, launch, open } from './harness.mjs';

describe('many connections', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.pause();
    await body(ui);
    await ui.close();
  });

  const begin = async (ui) => {
    await ui.click('button', 'Many connections');
    await ui.get('region', 'Many connections');
  };
  const type = async (ui, number) => {
    const field = await ui.get('textbox', 'Number of connections');
    await field.evaluate((element, value) => {
      element.value = value;
      element.dispatchEvent(new Event('change', { bubbles: true }));
    }, number);
  };
  const done = async (ui) => { await ui.get('button', 'Run again'); };
  /** The table's rows as text, cell by cell. */
  const rows = (ui) => ui.page.$$eval('table:first-of-type tbody tr', (found) => found.map((row) =>
    [...row.children].map((cell) => cell.innerText.trim())));
  const number = (text) => Number(text.replaceAll(',', ''));

  at('ten thousand are counted, add up, and are judged', async (ui) => {
    await begin(ui);
    await done(ui);
    const found = await rows(ui);
    assert.equal(found.length, 3, 'the demo has three endpoints');
    assert.equal(found.reduce((sum, row) => sum + number(row[1]), 0), 10_000);
    for (const row of found) {
      assert.equal(number(row[2]), 3333, 'a third is expected of each');
      assert.match(row.at(-1), /(inside|outside)\s*3,2\d\d to 3,4\d\d/);
    }
    const story = await ui.text('region', 'Story');
    assert.match(story, /The largest gap is \d+ connections too (many|few) at demo-/);
    assert.match(story, /in \d+ of 100 runs: this is luck/);
    assert.match(story, /chi-square [\d.]+, 2 degrees of freedom, p = 0\.\d+/);
    const chart = await ui.page.$('svg[role="img"][aria-label^="Chart of each endpoint"]');
    assert.ok(chart, 'the chart says what it shows');
  });

  at('a million grow on screen, can be stopped, and go on', async (ui) => {
    await begin(ui);
    await done(ui);
    await type(ui, '1,000,000');
    await ui.click('button', 'Stop');
    await ui.get('button', 'Go on');
    const bar = await ui.get('progressbar', 'Connections made');
    const made = () => bar.evaluate((element) => element.value);
    const stopped = await made();
    assert.ok(stopped > 0 && stopped < 1_000_000, `${stopped} were made`);
    assert.match(await ui.text('region', 'Story'), /of 1,000,000 so far/);
    await ui.click('button', 'Go on');
    await ui.page.waitForFunction((before) => document.querySelector('progress').value > before, {}, stopped);
    await done(ui);
    assert.equal(await made(), 1_000_000);
    assert.equal((await rows(ui)).reduce((sum, row) => sum + number(row[1]), 0), 1_000_000);
  });

  at('any number can be typed, and what is none is marked', async (ui) => {
    await begin(ui);
    await type(ui, '250');
    await done(ui);
    await ui.until('region', 'Story', (text) => text.includes('250 of 250'));
    await type(ui, 'a lot');
    const field = await ui.get('textbox', 'Number of connections');
    await ui.page.waitForFunction((element) => element.getAttribute('aria-invalid') === 'true', {}, field);
    assert.match(await ui.text('region', 'Story'), /250 of 250/);
  });

  at('the same seed gives the same run, another seed another', async (ui) => {
    await begin(ui);
    await done(ui);
    const first = JSON.stringify(await rows(ui));
    await ui.click('button', 'Another seed');
    await ui.until('region', 'Story', (text) => text.includes('seed 8') && text.includes('10,000 of 10,000'));
    assert.notEqual(JSON.stringify(await rows(ui)), first);
    const seed = await ui.get('textbox', 'Seed');
    await seed.evaluate((element) => {
      element.value = '7';
      element.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await ui.until('region', 'Story', (text) => text.includes('seed 7') && text.includes('10,000 of 10,000'));
    assert.equal(JSON.stringify(await rows(ui)), first);
  });

  at('ClientIP affinity is given as the reason why all went to one', async (ui) => {
    await ui.paste(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: x, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  sessionAffinity: ClientIP
  selector: {app: web}
  ports: [{port: 80}]
`);
    // The core answers when it can; node1 is none of the demo's.
    await ui.page.waitForFunction(() => document.querySelector('[aria-label="Events of this walk"]')?.textContent.includes('node1'));
    await ui.pause();
    await begin(ui);
    await done(ui);
    const story = await ui.text('region', 'Story');
    assert.match(story, /All 10,000 went to web-/);
    assert.match(story, /no luck but ClientIP affinity/);
    assert.match(story, /Rule \d+ of KUBE-SVC-/);
  });

  at('by keyboard alone: there, stop and go on, and back', async (ui) => {
    await ui.page.keyboard.press('m');
    await ui.get('region', 'Many connections');
    await done(ui);
    await ui.page.keyboard.press(' ');
    await done(ui);
    await ui.page.keyboard.press('Escape');
    await ui.get('region', 'Chain walk');
    assert.equal(await ui.has('region', 'Many connections'), false);
  });

  at('a phone has it all', async (ui) => {
    await ui.click('button', 'Who sends to whom');
    await begin(ui);
    await done(ui);
    assert.equal((await rows(ui)).length, 3);
    const wide = await ui.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `nothing sticks out: ${wide}`);
    await ui.click('button', 'Back to one packet');
    await ui.get('region', 'Chain walk');
  }, { viewport: PHONE });
});

// The editor that is loaded when it is first wanted: what it shows, what it gives, and how to leave it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { PHONE, behind, launch, open } from './harness.mjs';

const FIELD = ['textbox', 'Cluster YAML'];

/** What stands in the editor's shadow root, asked from outside, since the page itself may evaluate no text. */
const inside = (ui, body, ...args) => ui.page.evaluate(
  `{ const root = document.querySelector('yaml-editor')?.shadowRoot; root && (${body})(root, ...${JSON.stringify(args)}) }`,
);

/** Waits for a state of the editor's shadow root. */
async function until(ui, body, ...args) {
  const deadline = Date.now() + 30_000;
  const holds = `(...given) => Boolean((${body})(...given))`;
  while (!(await inside(ui, holds, ...args))) assert.ok(Date.now() < deadline, `it never came true: ${body}`);
}

describe('the editor', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, { open: opened = true, ...options } = {}) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.pause();
    if (opened) {
      await ui.click('button', 'Open the YAML editor');
      await ui.field(...FIELD);
    }
    await body(ui);
    await ui.close();
  });

  at('is not part of the first view', async (ui) => {
    const before = await ui.page.evaluate(() => performance.getEntriesByType('resource').map((e) => e.name));
    assert.ok(!before.some((name) => name.includes('/editor')), 'nothing of it is loaded');
    await ui.click('button', 'Open the YAML editor');
    await ui.field(...FIELD);
    const after = await ui.page.evaluate(() => performance.getEntriesByType('resource').map((e) => e.name));
    assert.ok(after.some((name) => /\/editor-[0-9a-f]+\.js$/.test(name)));
  }, { open: false });

  at('the plain field serves where it does not come', async (ui) => {
    await ui.click('button', 'Open the YAML editor');
    const plain = await ui.get(...FIELD);
    const text = await plain.evaluate((e) => e.value);
    assert.match(text, /port: 8711/);
    await plain.evaluate((e) => {
      e.value = e.value.replace('replicas: 3', 'replicas: -3');
      e.dispatchEvent(new InputEvent('input', { bubbles: true }));
    });
    await ui.page.waitForSelector('[role="alert"]');
  }, {
    open: false,
    prepare: (page) => page.evaluateOnNewDocument(() => {
      // Nothing is refused, which a console would tell; it never comes.
      new MutationObserver((_, observer) => {
        const meta = document.querySelector('meta[name=chainwalk-editor]');
        if (meta) { meta.remove(); observer.disconnect(); }
      }).observe(document, { childList: true, subtree: true });
    }),
  });

  at('folds what only states addresses, and opens it on a click', async (ui) => {
    await until(ui, (root) => {
      root.querySelector('.cm-scroller').scrollTop = 1e6;
      return root.querySelector('.cm-foldPlaceholder');
    });
    const shown = await inside(ui, (root) => root.querySelector('.cm-content').innerText);
    assert.match(shown, /folded here/);
    assert.match(shown, /4 Nodes, 4 Pods/);
    assert.ok(!shown.includes('podCIDRs'), 'the nodes are out of sight');
    const whole = await ui.value(...FIELD);
    assert.match(whole, /podCIDRs/, 'and still there');
    await inside(ui, (root) => root.querySelector('.cm-foldPlaceholder').click());
    await until(ui, (root) => root.querySelector('.cm-content').innerText.includes('podCIDRs'));
  });

  at('colours YAML', async (ui) => {
    const colours = await inside(ui, (root) => {
      const all = [...root.querySelectorAll('.cm-line span')].map((e) => getComputedStyle(e).color);
      return [...new Set(all)].length;
    });
    assert.ok(colours >= 3, `${colours} colours`);
  });

  at('a mistake is underlined at its value and marked in the gutter', async (ui) => {
    const text = await ui.value(...FIELD);
    await ui.fill(...FIELD, text.replace('port: 8711', 'port: 871100'));
    await until(ui, (root) => root.querySelector('.cm-lintRange-error'));
    assert.equal(await inside(ui, (root) => root.querySelector('.cm-lintRange-error').textContent), '871100');
    await until(ui, (root) => root.querySelector('.cm-lint-marker-error'));
    // By keyboard: to the next mistake, which then says what is wrong and what to do.
    const field = await ui.field(...FIELD);
    await field.focus();
    await ui.page.keyboard.press('F8');
    await until(ui, (root) => /1 to 65535/.test(root.querySelector('.cm-tooltip-lint')?.innerText ?? ''));
    await ui.fill(...FIELD, text);
    await until(ui, (root) => !root.querySelector('.cm-lintRange-error, .cm-tooltip-lint'));
  });

  at('a finding leads to its line', async (ui) => {
    const text = await ui.value(...FIELD);
    await ui.fill(...FIELD, text.replace('port: 8711', 'port: 871100'));
    await ui.page.waitForSelector('[role="alert"]');
    const line = text.split('\n').findIndex((l) => l.includes('port: 8711')) + 1;
    const link = await ui.page.waitForSelector(`::-p-xpath(//button[starts-with(normalize-space(.), "line ${line}, column")])`);
    await link.click();
    await until(ui, (root) => root.querySelector('.cm-wanted')?.textContent.includes('871100'));
  });

  at('a text pasted on the page can be taken back', async (ui) => {
    const before = await ui.value(...FIELD);
    await ui.paste('apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n');
    await ui.page.waitForFunction(() => document.querySelector('yaml-editor').value.includes('other'));
    await (await ui.field(...FIELD)).focus();
    await ui.page.keyboard.down('Control');
    await ui.page.keyboard.press('z');
    await ui.page.keyboard.up('Control');
    await ui.page.waitForFunction((text) => document.querySelector('yaml-editor').value === text, {}, before);
    await ui.until('region', 'Cluster map', (text) => /demo-cluster-ip-svc/.test(text));
  });

  at('what is typed is read, and closing and opening keeps undo', async (ui) => {
    const before = await ui.value(...FIELD);
    await (await ui.field(...FIELD)).focus();
    await ui.page.keyboard.down('Control');
    await ui.page.keyboard.press('Home');
    await ui.page.keyboard.up('Control');
    await ui.page.keyboard.type('# typed\n');
    await ui.page.waitForFunction(() => document.querySelector('yaml-editor').value.startsWith('# typed\n'));
    await ui.click('button', 'Close the YAML editor');
    await ui.click('button', 'Open the YAML editor');
    await (await ui.field(...FIELD)).focus();
    assert.ok((await ui.value(...FIELD)).startsWith('# typed\n'));
    // How many steps the letters make depends on how fast they came.
    for (let i = 0; i < 8 && (await ui.value(...FIELD)) !== before; i += 1) {
      await ui.page.keyboard.down('Control');
      await ui.page.keyboard.press('z');
      await ui.page.keyboard.up('Control');
    }
    assert.equal(await ui.value(...FIELD), before);
  });

  at('Tab indents, and Escape then Tab leaves', async (ui) => {
    const before = await ui.value(...FIELD);
    const field = await ui.field(...FIELD);
    await field.focus();
    const there = () => ui.page.evaluate(() => document.activeElement?.localName);
    assert.equal(await there(), 'yaml-editor');
    await ui.page.keyboard.press('Tab');
    assert.equal(await there(), 'yaml-editor');
    assert.notEqual(await ui.value(...FIELD), before);
    await ui.page.keyboard.press('Escape');
    assert.equal(await there(), 'yaml-editor', 'Escape alone does not close it');
    await ui.page.keyboard.press('Tab');
    assert.notEqual(await there(), 'yaml-editor');
    const says = await inside(ui, (root) => root.getElementById('way-out').textContent);
    assert.match(says, /Escape, then Tab/);
  });

  at('keys typed into it drive nothing else', async (ui) => {
    const { at: before } = await ui.cursor();
    await (await ui.field(...FIELD)).focus();
    await ui.page.keyboard.type('dnvrs? 1');
    assert.equal((await ui.cursor()).at, before);
    assert.ok(!(await ui.has('dialog', 'Keys')));
  });

  for (const [file, says] of [
    ['samples/nodeport-local.yaml', /web/],
    ['samples/dual-stack.yaml', /shop/],
    ['samples/headless.yaml', /db/],
    ['samples/affinity.yaml', /cart/],
    ['demo.yaml', /demo-cluster-ip-svc/],
  ]) {
    at(`the sample ${file} is walked`, async (ui) => {
      if (file === 'demo.yaml') await ui.fill(...FIELD, 'kind: [');
      await (await ui.get('combobox', 'Load a sample')).select(file);
      await ui.until('region', 'Cluster map', (text) => says.test(text));
      await ui.pause();
      assert.ok((await ui.cursor()).last > 5, 'it walks');
      assert.ok(!(await ui.has('alert')), 'and nothing is wrong with it');
    });
  }

  at('the broken sample tells its mistakes', async (ui) => {
    await (await ui.get('combobox', 'Load a sample')).select('samples/broken.yaml');
    await ui.page.waitForSelector('[role="alert"]');
    const findings = await ui.page.$eval('ul[aria-label="Findings"]', (e) => e.innerText);
    assert.match(findings, /800000/);
    assert.match(findings, /8443/);
  });

  test('a sample that does not come says so and changes nothing', async () => {
    const ui = await open(browser);
    await ui.pause();
    await ui.click('button', 'Open the YAML editor');
    const before = await ui.value(...FIELD);
    await ui.page.evaluate(() => { globalThis.fetch = () => Promise.reject(new TypeError('no network')); });
    await (await ui.get('combobox', 'Load a sample')).select('samples/affinity.yaml');
    await ui.page.waitForSelector('::-p-text(could not be fetched)');
    assert.equal(await ui.value(...FIELD), before);
    await ui.close();
  });

  test('it takes over the caret of the plain field', async () => {
    let release;
    const gate = new Promise((resolve) => { release = resolve; });
    const server = await behind({ wait: (path) => (/\/editor-[0-9a-f]+\.js$/.test(path) ? gate : undefined) });
    const ui = await open(browser, { url: server.url });
    await ui.pause();
    await ui.click('button', 'Open the YAML editor');
    const plain = await ui.get(...FIELD);
    await plain.evaluate((e) => {
      e.focus();
      const at = e.value.indexOf('kind: Namespace');
      e.setSelectionRange(at, at);
    });
    release();
    await ui.field(...FIELD);
    await ui.page.waitForFunction(() => document.activeElement?.localName === 'yaml-editor');
    await ui.page.keyboard.type('# here\n');
    await ui.page.waitForFunction(() => document.querySelector('yaml-editor').value.includes('# here\nkind: Namespace'));
    await ui.close();
    server.end();
  });

  test('it needs nothing that a strict content security policy forbids', async () => {
    // The site says its own in each page; a server's also binds the worker.
    const named = await readFile(new URL('../../hosting/_headers', import.meta.url), 'utf8');
    const [, policy] = named.match(/Content-Security-Policy: (.*)/);
    const server = await behind({ headers: { 'Content-Security-Policy': policy } });
    const ui = await open(browser, { url: server.url });
    await ui.pause();
    await ui.click('button', 'Open the YAML editor');
    const field = await ui.field(...FIELD);
    await ui.fill(...FIELD, (await ui.value(...FIELD)).replace('port: 8711', 'port: 871100'));
    // By selectors alone: what is evaluated in the page is forbidden there, too.
    const mistake = await ui.page.waitForSelector('yaml-editor >>> .cm-lintRange-error');
    await field.focus();
    await ui.page.keyboard.press('F8');
    await ui.page.waitForSelector('yaml-editor >>> .cm-tooltip-lint');
    const line = await mistake.evaluate((e) => getComputedStyle(e).textDecorationLine);
    assert.equal(line, 'underline', 'its styles are there');
    await ui.close();
    server.end();
  });

  at('serves on a phone, too', async (ui) => {
    await ui.click('button', 'YAML');
    await ui.field(...FIELD);
    const box = await inside(ui, (root) => root.querySelector('.cm-scroller').getBoundingClientRect().height);
    assert.ok(box > 100, `${box} pixels high`);
  }, { open: false, viewport: PHONE });
});

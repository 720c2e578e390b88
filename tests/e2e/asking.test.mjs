// Asking by the map: by pointer, by keyboard and by thumb; and by list and by typing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PHONE, launch, open } from './harness.mjs';

describe('asking', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.pause();
    await body(ui);
    await ui.close();
  });
  const value = async (ui, name) => (await ui.get('combobox', name)).evaluate((e) => e.value);
  const until = (ui, name, wanted) => ui.page.waitForFunction(
    (n, w) => document.querySelector(`select[aria-label="${n}"]`)?.value === w, {}, name, wanted);
  /** The names of everything on the map that can be chosen. */
  const things = async (ui) => {
    const bar = await ui.get('toolbar', 'Choose on the map');
    return bar.$$eval('button', (all) => all.map((e) => e.getAttribute('aria-label')));
  };

  at('everything on the map is a button as large as its picture', async (ui) => {
    const names = (await things(ui)).join('\n');
    for (const name of ['Service demo-cluster-ip-svc', 'client outside', 'node pi-cp', 'node pi-w5', 'pod client']) {
      assert.ok(names.includes(name), `${name} is among\n${names}`);
    }
    const bar = await ui.get('toolbar', 'Choose on the map');
    const sizes = await bar.$$eval('button', (all) => all.map((e) => [e.offsetWidth, e.offsetHeight]));
    for (const [w, h] of sizes) assert.ok(w >= 24 && h >= 24, `${w} by ${h}`);
  });

  at('a click on a pod says what it will do, and does it', async (ui) => {
    const pod = (await things(ui)).find((n) => n.includes('pod demo-'));
    await ui.click('button', pod);
    const list = await ui.get('group', pod.replace('Ask from or to ', ''));
    const offers = await list.$$eval('button', (all) => all.map((e) => e.textContent));
    assert.equal(offers[0], 'Send from here');
    assert.match(offers[1], /^Send to here, 10\.42\.\d+\.\d+:8080$/);
    await (await list.$('button')).click();
    await ui.page.waitForFunction(() => document.querySelector('select[aria-label="From"]').value.startsWith('pod/demo/demo-'));
    assert.equal(await ui.page.$('.offers'), null, 'the list is gone');
    assert.match((await ui.events())[0], /Pod demo-\S+ sends/i);
  });

  at('the whole question is asked by keyboard alone', async (ui) => {
    await ui.page.focus('[role="toolbar"] button[tabindex="0"]');
    const { at: before } = await ui.cursor();
    const name = () => ui.page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent);
    for (let i = 0; i < 30 && !(await name()).includes('client outside'); i += 1) await ui.page.keyboard.press('ArrowRight');
    assert.match(await name(), /client outside/);
    assert.equal((await ui.cursor()).at, before, 'the walk does not step');
    await ui.page.keyboard.press('Enter');
    await ui.page.waitForSelector('.offers');
    assert.equal(await name(), 'Send from here');
    await ui.page.keyboard.press('Escape');
    await ui.page.waitForSelector('.offers', { hidden: true });
    assert.match(await name(), /client outside/, 'the keyboard is back on the thing');
    await ui.page.keyboard.press('Enter');
    await ui.page.waitForSelector('.offers');
    await ui.page.keyboard.press('Enter');
    await until(ui, 'From', 'outside');
    assert.match((await ui.events())[0], /client outside sends/i);
  });

  at('the Service can be asked by each of its addresses', async (ui) => {
    await ui.click('button', 'Ask from or to Service demo-cluster-ip-svc');
    const list = await ui.get('group', 'Service demo-cluster-ip-svc');
    const now = await list.$$eval('button[aria-pressed="true"]', (all) => all.map((e) => e.textContent));
    assert.deepEqual(now, ['Send to demo-cluster-ip-svc:8711']);
    const dns = await list.$$('button');
    await dns[1].click();
    await until(ui, 'To', 'demo-cluster-ip-svc.demo.svc.cluster.local:8711');
    assert.match((await ui.events())[0], /is looked up first/);
  });

  at('an address can be typed', async (ui) => {
    for (const [name, field, words, says] of [
      ['To', 'To address', '10.42.1.16:8080', /sends TCP SYN to 10\.42\.1\.16:8080/],
      ['From', 'From address', 'node/pi-cp', /pi-cp sends/],
    ]) {
      const select = await ui.get('combobox', name);
      await select.evaluate((e) => { e.value = '…'; e.dispatchEvent(new Event('change', { bubbles: true })); });
      const input = await ui.get('textbox', field);
      await input.evaluate((e, v) => { e.value = v; e.dispatchEvent(new Event('change', { bubbles: true })); }, words);
      await ui.page.waitForFunction((source) => new RegExp(source).test(document.querySelector('ol[aria-label="Events of this walk"]').innerText), {}, says.source);
      await ui.pause();
    }
  });

  at('a thumb chooses a pod by its node', async (ui) => {
    const node = (await things(ui)).find((n) => n.includes('node pi-w2'));
    await ui.click('button', node);
    const list = await ui.get('group', 'node pi-w2');
    const offers = await list.$$eval('button', (all) => all.map((e) => [e.textContent, e.offsetHeight]));
    assert.ok(offers.some(([text]) => /^Send from pod demo-/.test(text)), JSON.stringify(offers));
    for (const [text, height] of offers) assert.ok(height >= 44, `${text}: ${height}`);
    await (await list.$('button')).click();
    await ui.page.waitForFunction(() => /pi-w2 sends/.test(document.querySelector('ol[aria-label="Events of this walk"]').innerText));
  }, { viewport: PHONE });
});

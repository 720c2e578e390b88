// The main journey in Firefox: it walks, draws, rewrites, is edited, fails well, and is driven by keyboard.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchFirefox, open } from './harness.mjs';

const skip = process.env.FIREFOX ? false : (process.env.NO_FIREFOX ?? 'no Firefox is named in FIREFOX');
const FIELD = ['textbox', 'Cluster YAML'];

describe('in Firefox', () => {
  let browser;
  before(async () => { if (!skip) browser = await launchFirefox(); });
  after(async () => { await browser?.close(); });

  test('the main journey', { skip }, async (t) => {
    const ui = await open(browser);
    const walk = () => ui.text('region', 'Chain walk');

    await t.test('it plays by itself', async () => {
      const { at } = await ui.cursor();
      await ui.page.waitForFunction((at) => (
        Number(document.querySelector('[role=slider][aria-label=Event]').getAttribute('aria-valuenow')) > at
      ), {}, at);
      await ui.pause();
    });

    await t.test('a draw, its threshold and what is left', async () => {
      await ui.page.keyboard.press('Home');
      await ui.click('button', 'Next draw');
      const text = await ui.until('region', 'Chain walk', (said) => /KUBE-SVC-P7QE5OVRKZMQ43FN/.test(said));
      assert.match(text, /0\.33333333349/);
      assert.match(text, /1\/3 of the whole/);
    });

    await t.test('DNAT, MASQUERADE and the end', async () => {
      await ui.click('button', 'Next NAT');
      assert.match(await walk(), /DNAT/);
      await ui.page.keyboard.press('End');
      const { at, last } = await ui.cursor();
      assert.equal(at, last);
      await ui.page.keyboard.press('ArrowLeft');
      assert.equal((await ui.cursor()).at, last - 1);
    });

    await t.test('the text is edited, and a mistake is told at its value', async () => {
      await ui.page.keyboard.press('e');
      const text = await ui.value(...FIELD);
      await ui.fill(...FIELD, text.replace('port: 8711', 'port: 871100'));
      await ui.page.waitForSelector('[role="alert"]');
      assert.match(await ui.text('list', 'Findings'), /65535/);
      const marked = await ui.page.$('yaml-editor >>> .cm-lintRange-error');
      assert.equal(await marked.evaluate((e) => e.textContent), '871100');
      await ui.fill(...FIELD, text.replace('replicas: 3', 'replicas: 2'));
      await ui.page.waitForFunction(() => !document.querySelector('[role="alert"]'));
    });

    await t.test('another text is pasted and walked', async () => {
      await ui.click('button', 'Close the YAML editor');
      await ui.paste('apiVersion: v1\nkind: Service\nmetadata: {name: nobody}\nspec:\n  selector: {app: nobody}\n  ports: [{port: 80}]\n');
      await ui.until('region', 'Cluster map', (said) => /nobody/.test(said));
      await ui.pause();
      await ui.page.keyboard.press('End');
      await ui.until('region', 'Story', (said) => /refused|rejected|unreachable|REJECT/i.test(said));
    });

    await t.test('the list of keys opens and closes', async () => {
      await ui.page.keyboard.press('?');
      await ui.get('dialog', 'Keys');
      await ui.page.keyboard.press('Escape');
      await ui.page.waitForFunction(() => !document.querySelector('[role=dialog]'));
    });

    await ui.close();
  });
});

// Reload and Back lose nothing; and where a browser keeps nothing, the page works all the same.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, open } from './harness.mjs';

describe('a page that is left', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await body(ui);
    await ui.close();
  });
  const state = async (ui) => ({
    cursor: await ui.cursor(),
    events: await ui.events(),
    from: await (await ui.get('combobox', 'From')).evaluate((e) => e.value),
    seed: await (await ui.get('textbox', 'Seed')).evaluate((e) => e.value),
    talk: (await ui.text('navigation', 'Conversation')).replace(/\s+/g, ' '),
  });
  const prepared = async (ui) => {
    await ui.pause();
    const select = await ui.get('combobox', 'From');
    await select.evaluate((e) => { e.value = 'outside'; e.dispatchEvent(new Event('change', { bubbles: true })); });
    await ui.until('region', 'Story', (text) => text.includes('client outside sends'));
    await ui.click('button', 'Another connection');
    await ui.page.waitForFunction(() => document.querySelectorAll('nav[aria-label="Conversation"] ol > li').length === 2);
    await ui.pause();
    await ui.page.keyboard.press('Home');
    await ui.page.keyboard.press('n');
    return state(ui);
  };
  const back = (ui) => ui.page.waitForFunction(() => document.querySelector('[role="slider"][aria-label="Event"]') !== null);

  at('a reload shows the same moment of the same conversation, paused', async (ui) => {
    const before = await prepared(ui);
    assert.ok(before.cursor.at > 1);
    await ui.page.reload();
    await back(ui);
    assert.deepEqual(await state(ui), before);
    assert.ok(await ui.has('button', 'Play'), 'it stands still');
  });

  at('so does the way back from another page', async (ui) => {
    const before = await prepared(ui);
    await ui.page.goto('about:blank');
    await ui.page.goBack();
    await back(ui);
    assert.deepEqual(await state(ui), before);
  });

  at('a page that nobody touched begins as ever', async (ui) => {
    await ui.page.reload();
    await back(ui);
    assert.ok(await ui.has('button', 'Pause'), 'it plays');
  });

  at('where storage is denied nothing breaks', async (ui) => {
    await prepared(ui);
    await ui.page.reload();
    await back(ui);
    assert.ok(await ui.has('button', 'Pause'), 'it begins as ever');
  }, {
    prepare: (page) => page.evaluateOnNewDocument(() => {
      Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
    }),
  });
});

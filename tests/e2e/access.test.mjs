// The page for everyone: axe-core finds nothing in any main state, wide and on a phone, light and dark.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { PHONE, WIDE, launch, open } from './harness.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const STATES = {
  'the beginning': async () => {},
  'a draw': async (ui) => { await ui.page.keyboard.press('Home'); await ui.page.keyboard.press('d'); },
  'a rewriting': async (ui) => { await ui.page.keyboard.press('Home'); await ui.page.keyboard.press('n'); },
  'the end': async (ui) => { await ui.page.keyboard.press('End'); },
  'the keys': async (ui) => { await ui.page.keyboard.press('?'); },
  'an error in the text': async (ui) => {
    await ui.paste('kind: Service\nspec: [');
    await ui.page.waitForSelector('[role="alert"]');
  },
};

async function violations(page) {
  await page.evaluate(AXE);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations', 'passes'] }));
  assert.ok(result.passes.length > 10, 'axe looked at something');
  return result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target} ${n.failureSummary}`));
}

describe('accessibility', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
    for (const scheme of ['light', 'dark']) {
      for (const [state, reach] of Object.entries(STATES)) {
        test(`axe: ${state}, ${size}, ${scheme}`, async () => {
          const ui = await open(browser, { viewport, media: { 'prefers-color-scheme': scheme } });
          await ui.pause();
          await reach(ui);
          assert.deepEqual(await violations(ui.page), []);
          await ui.close();
        });
      }
    }
  }

  for (const width of [360, 390, 768, 1024, 1440, 2560]) {
    test(`nothing stands out of a page ${width} pixels wide`, async () => {
      const ui = await open(browser, { viewport: { width, height: 900 } });
      await ui.pause();
      const over = await ui.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${over} pixels too wide`);
      await ui.close();
    });
  }

  test('one polite region, silent while playing', async () => {
    const ui = await open(browser);
    const live = () => ui.page.$$eval('[aria-live="polite"]', (all) => all.map((e) => e.textContent));
    assert.deepEqual(await live(), [''], 'while it plays');
    await ui.pause();
    const said = await live();
    assert.equal(said.length, 1);
    assert.ok(said[0].length > 10, 'and when it stands, what happens');
    await ui.close();
  });

  test('everything is reached by keyboard, and shows where it is', async () => {
    const ui = await open(browser);
    // By key: a click would begin the round in the middle.
    await ui.page.keyboard.press('Space');
    await ui.get('button', 'Play');
    const names = [];
    for (let i = 0; i < 60; i += 1) {
      await ui.page.keyboard.press('Tab');
      const here = await ui.page.evaluate(() => {
        const e = document.activeElement;
        if (!e || e === document.body) return null;
        const style = getComputedStyle(e);
        const ring = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
        return { name: e.getAttribute('aria-label') ?? e.textContent.trim(), ring };
      });
      if (!here) break;
      assert.ok(here.ring, `the focus on "${here.name}" can be seen`);
      names.push(here.name);
    }
    for (const name of ['From', 'Send', 'Event', 'Step', 'Play']) {
      assert.ok(names.includes(name), `${name} is reached; reached: ${names.join(', ')}`);
    }
    await ui.close();
  });
});

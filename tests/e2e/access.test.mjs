// The page for everyone: axe-core finds nothing in any main state, wide and on a phone, light and dark.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { PHONE, WIDE, launch, open } from './harness.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Opens the editor, which a phone has in a tab. */
async function editor(ui) {
  if (await ui.has('button', 'Open the YAML editor')) await ui.click('button', 'Open the YAML editor');
  else await ui.click('button', 'YAML');
  return ui.field('textbox', 'Cluster YAML');
}

const MISTAKE = 'apiVersion: v1\nkind: Service\nmetadata: {name: wrong}\nspec:\n  ports: [{port: 99999}]\n';
const NOBODY = 'apiVersion: v1\nkind: Service\nmetadata: {name: nobody}\nspec:\n  selector: {app: nobody}\n  ports: [{port: 80}]\n';

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
  'a refused packet': async (ui) => {
    await ui.paste(NOBODY);
    await ui.until('region', 'Story', (said) => /\w/.test(said));
    await ui.pause();
    await ui.page.keyboard.press('End');
  },
  'the editor': editor,
  'a mistake in the editor, with its message': async (ui) => {
    const field = await editor(ui);
    await ui.fill('textbox', 'Cluster YAML', MISTAKE);
    await ui.page.waitForSelector('yaml-editor >>> .cm-lintRange-error');
    await field.focus();
    await ui.page.keyboard.press('F8');
    await ui.page.waitForSelector('yaml-editor >>> .cm-tooltip-lint');
  },
  'searching in the editor': async (ui) => {
    const field = await editor(ui);
    await field.focus();
    await ui.page.keyboard.down('Control');
    await ui.page.keyboard.press('f');
    await ui.page.keyboard.up('Control');
    await ui.page.waitForSelector('yaml-editor >>> .cm-search');
    await ui.page.keyboard.type('demo');
  },
  'what is on offer': async (ui) => {
    await ui.page.keyboard.press('w');
    await ui.get('button', 'ClientIP affinity');
  },
  'what a change came to': async (ui) => {
    await ui.page.keyboard.press('w');
    await ui.click('button', 'Scale demo 3 to 2');
    await ui.get('region', 'KUBE-SVC-P7QE5OVRKZMQ43FN');
  },
  'the settings, with something to say': async (ui) => {
    await ui.click('button', 'Settings: kube-proxy v1.30');
    const typed = await ui.get('textbox', 'Another version');
    await typed.evaluate((field) => {
      field.value = '1.28';
      field.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await ui.page.waitForSelector('[aria-label="About this kube-proxy"]');
  },
  'a draw to be guessed': async (ui) => {
    await ui.page.keyboard.press('Home');
    await ui.page.keyboard.press('d');
    await ui.click('button', 'Guess first');
    await ui.page.keyboard.press('Home');
    await ui.page.keyboard.press('d');
    await ui.get('region', 'Guess first');
  },
  'many connections': async (ui) => {
    await ui.page.keyboard.press('m');
    await ui.get('region', 'Many connections');
  },
};

async function violations(page) {
  await page.evaluate(AXE);
  const result = await page.evaluate(() => globalThis.axe.run(document, {
    resultTypes: ['violations', 'passes'],
    // Part of WCAG 2.2 AA, and not among axe's defaults.
    rules: { 'target-size': { enabled: true } },
  }));
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
    await editor(ui);
    const live = () => ui.page.evaluate(() => {
      const all = (root) => [...root.querySelectorAll('*')].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
      return all(document)
        .filter((e) => e.matches('[aria-live], [role=status], [role=log], output'))
        .map((e) => e.textContent);
    });
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

  // 400 % of 1280 x 1024, which is what WCAG 2.2 asks for (1.4.10), and 200 % of a usual page.
  for (const [name, viewport] of Object.entries({
    '200 %': { width: 720, height: 450, deviceScaleFactor: 2 },
    '400 %': { width: 320, height: 256, deviceScaleFactor: 4 },
  })) {
    test(`a page zoomed to ${name} is whole: nothing is cut off sideways, and all of it can be reached`, async () => {
      const ui = await open(browser, { viewport });
      await ui.pause();
      const over = await ui.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${over} pixels too wide`);
      for (const name of ['Step', 'Next draw', 'Play']) {
        const button = await ui.get('button', name);
        await button.scrollIntoView();
        const box = await button.boundingBox();
        assert.ok(box.y >= 0 && box.y + box.height <= viewport.height + 1, `${name} can be brought into view: ${JSON.stringify(box)}`);
      }
      assert.deepEqual(await violations(ui.page), []);
      await ui.close();
    });
  }

  test('in forced colours the current moment, the focus and the lit rule still show', async () => {
    const ui = await open(browser);
    await ui.pause();
    const session = await ui.page.createCDPSession();
    await session.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
    await ui.page.keyboard.press('d');
    assert.ok(await ui.page.evaluate(() => matchMedia('(forced-colors: active)').matches));
    const lit = await ui.page.$$eval('[aria-current]', (all) => all
      .filter((e) => e.getBoundingClientRect().width > 1 && e.checkVisibility({ visibilityProperty: true }))
      .map((e) => {
        const style = getComputedStyle(e);
        return { outline: style.outlineStyle, border: style.borderStyle, weight: style.fontWeight, shadow: style.boxShadow };
      }));
    const seen = (e) => e.outline !== 'none' || /solid|dashed/.test(e.border);
    assert.ok(lit.some(seen), `something but a tint tells the current one: ${JSON.stringify(lit)}`);
    await ui.page.keyboard.press('Tab');
    const ring = await ui.page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(ring, 'none', 'the focus is an outline, which forced colours keep');
    await ui.close();
  });

  test('who wants less motion gets none', async () => {
    const ui = await open(browser);
    await ui.pause();
    for (const key of ['d', 'n', 'v', 'End', 'Home']) {
      await ui.page.keyboard.press(key);
      const moving = await ui.page.evaluate(() => document.getAnimations()
        .filter((a) => a.playState === 'running' && a.effect.getComputedTiming().duration > 1)
        .map((a) => a.effect.target?.className?.baseVal ?? a.effect.target?.className));
      assert.deepEqual(moving, [], `after ${key}`);
    }
    await ui.close();
  });

  test('what moves by itself stops at a key, and stays where it is', async () => {
    const ui = await open(browser, { media: { 'prefers-reduced-motion': 'no-preference' } });
    await ui.page.keyboard.press('Space');
    await ui.get('button', 'Play');
    const { at } = await ui.cursor();
    await ui.page.evaluate(async () => {
      await Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {})));
    });
    const endless = await ui.page.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running').length);
    assert.equal(endless, 0, 'nothing goes on moving');
    assert.equal((await ui.cursor()).at, at);
    await ui.close();
  });

  test('on a phone, whatever is touched is as large as a fingertip', async () => {
    const ui = await open(browser, { viewport: PHONE });
    await ui.pause();
    for (const tab of ['YAML', 'Packet', 'Chain walk']) {
      await ui.click('button', tab);
      if (tab === 'YAML') await ui.field('textbox', 'Cluster YAML');
      const small = await ui.page.evaluate(() => [...document.querySelectorAll('button, select, input, [role=slider]')]
        .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.hidden'))
        // A link within a sentence is as large as its letters.
        .filter((e) => !e.matches('.link'))
        .map((e) => [e, e.getBoundingClientRect()])
        .filter(([, box]) => box.width > 0 && Math.min(box.width, box.height) < 43.5)
        .map(([e, box]) => `${e.getAttribute('aria-label') ?? e.textContent.trim()}: ${Math.round(box.width)} x ${Math.round(box.height)}`));
      assert.deepEqual(small, [], tab);
    }
    await ui.close();
  });
});

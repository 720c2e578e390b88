// Driving the walk: every key, every button, every grain and speed; and scrubbing, which only moves an index.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { PHONE, launch, open } from './harness.mjs';

const SIX = readFileSync(new URL('ipv6-nodeport.yaml', import.meta.url), 'utf8');

describe('driving', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.page.keyboard.press('Space');
    await ui.get('button', 'Play');
    await ui.page.keyboard.press('Home');
    await body(ui);
    await ui.close();
  });
  const press = (ui, ...keys) => keys.reduce((done, key) => done.then(() => ui.page.keyboard.press(key)), Promise.resolve());
  const choose = async (ui, name, value) => {
    const select = await ui.page.waitForSelector(`select[aria-label="${name}"]`);
    await select.evaluate((e, v) => { e.value = v; e.dispatchEvent(new Event('change', { bubbles: true })); }, value);
  };
  /** The sentence and the quoted rule, without the list of all events that stands beside them for who does not see. */
  const story = (ui) => ui.page.$eval('section[aria-label="Story"]', (e) => ['.sentence', '.quote'].map((part) => e.querySelector(part)?.innerText ?? '').join('\n'));

  at('space plays and pauses', async (ui) => {
    await press(ui, 'Space');
    await ui.get('button', 'Pause');
    await press(ui, 'Space');
    await ui.get('button', 'Play');
  });

  at('arrows, Home and End', async (ui) => {
    const { last } = await ui.cursor();
    await press(ui, 'ArrowRight', 'ArrowRight', 'ArrowLeft');
    assert.equal((await ui.cursor()).at, 2);
    await press(ui, 'End');
    assert.equal((await ui.cursor()).at, last);
    await press(ui, 'ArrowRight');
    assert.equal((await ui.cursor()).at, last, 'there is nothing after the end');
    await press(ui, 'Home', 'ArrowLeft');
    assert.equal((await ui.cursor()).at, 1, 'nor before the beginning');
  });

  at('an arrow on the slider steps once', async (ui) => {
    await ui.page.focus('[role="slider"][aria-label="Event"]');
    await press(ui, 'ArrowRight');
    assert.equal((await ui.cursor()).at, 2);
    await press(ui, 'ArrowLeft');
    assert.equal((await ui.cursor()).at, 1);
  });

  for (const [key, button, says] of [
    ['d', 'Next draw', /draws 0\.\d+/],
    ['n', 'Next NAT', /disappears\. It becomes|conntrack remembered|client's own address|conntrack rewrites/],
    ['v', 'Next verdict', /accepts|policy|returns|decided|has the|got its answer/],
  ]) {
    at(`${key} and "${button}" go to the same moments, each of its kind`, async (ui) => {
      const byKey = [];
      for (;;) {
        await press(ui, key);
        const { at: here } = await ui.cursor();
        if (here === byKey.at(-1)) break;
        byKey.push(here);
        assert.match(await story(ui), says);
      }
      assert.ok(byKey.length >= 2, `${byKey}`);
      await press(ui, 'Home');
      for (const wanted of byKey) {
        await ui.click('button', button);
        assert.equal((await ui.cursor()).at, wanted);
      }
    });
  }

  at('1 to 4 choose where a step lands, coarse to fine', async (ui) => {
    const counts = [];
    for (const [key, name] of [['1', 'Hop'], ['2', 'Hook'], ['3', 'Table'], ['4', 'Rule']]) {
      await press(ui, key);
      const grain = await ui.get('button', name);
      assert.equal(await grain.evaluate((e) => e.ariaPressed), 'true');
      await press(ui, 'Home');
      const stops = [];
      for (let here = 1; here !== stops.at(-1); here = (await ui.cursor()).at) {
        stops.push(here);
        await press(ui, 'ArrowRight');
      }
      counts.push(stops.length);
      // And the same way back.
      for (const stop of stops.slice(0, -1).reverse().slice(0, 5)) {
        await press(ui, 'ArrowLeft');
        assert.ok(stops.includes((await ui.cursor()).at), `${stop}`);
      }
    }
    assert.deepEqual(counts, [...counts].sort((a, b) => a - b));
    assert.equal(new Set(counts).size, 4, `${counts}`);
  });

  at('r draws again, s sends again, e opens and Escape closes the editor', async (ui) => {
    await press(ui, 'r');
    await ui.page.waitForFunction(() => document.querySelector('[aria-label="Seed"]').value === '8');
    await press(ui, 's');
    await ui.get('button', 'Pause');
    await press(ui, 'Space', 'e');
    await ui.get('button', 'Close the YAML editor');
    await press(ui, 'Escape');
    await ui.get('button', 'Open the YAML editor');
  });

  at('? lists every key, takes the keyboard, and gives it back', async (ui) => {
    await press(ui, '?');
    const dialog = await ui.get('dialog', 'Keys');
    const keys = await dialog.$$eval('kbd', (all) => all.map((e) => e.textContent).join(' '));
    for (const key of ['Space', '←', '→', 'Home', 'End', 'd', 'n', 'v', '1', '4', 'r', 's', 'e', 'Esc', '?']) {
      assert.ok(keys.split(' ').includes(key), `${key} is among ${keys}`);
    }
    assert.equal(await ui.page.evaluate(() => document.activeElement.ariaLabel), 'Close');
    await press(ui, '?');
    await ui.page.waitForSelector('[role="dialog"]', { hidden: true });
    assert.equal(await ui.page.evaluate(() => document.activeElement.ariaLabel), 'Keys');
  });

  at('keys typed into a field are its own', async (ui) => {
    await ui.page.focus('[aria-label="Seed"]');
    await press(ui, 'd', 'End', ' ');
    assert.equal((await ui.cursor()).at, 1);
  });

  at('a faster speed gets further: each is kept', async (ui) => {
    for (const speed of ['0.5×', '2×', '4×', '1×']) {
      await choose(ui, 'Speed', speed);
      const select = await ui.get('combobox', 'Speed');
      assert.equal(await select.evaluate((e) => e.value), speed);
    }
  });

  at('a walk of 300 moments is scrubbed back and forth, each move shown at once', async (ui) => {
    await choose(ui, 'How much', 'Whole exchange');
    await ui.page.waitForFunction(() => Number(document.querySelector('[role="slider"]').ariaValueMax) > 300);
    const wrong = await ui.page.evaluate(async () => {
      const slider = document.querySelector('[role="slider"][aria-label="Event"]');
      const box = slider.getBoundingClientRect();
      const last = Number(slider.ariaValueMax);
      const frame = () => new Promise(requestAnimationFrame);
      const move = (type, at) => slider.dispatchEvent(new PointerEvent(type, {
        bubbles: true, pointerId: 1, buttons: 1, clientX: box.left + 10 + ((box.width - 20) * (at - 1)) / (last - 1), clientY: box.top + 20,
      }));
      // There is no such pointer to capture.
      slider.setPointerCapture = () => {};
      move('pointerdown', last);
      const wrong = [];
      for (let at = last; at >= 1; at -= 1) {
        move('pointermove', at);
        const story = () => document.querySelector('section[aria-label="Story"] .where b').textContent;
        // A busy machine may give a frame before the page had its turn.
        for (let i = 0; i < 3 && story() !== `${at} of ${last}`; i += 1) await frame();
        const shown = story();
        if (shown !== `${at} of ${last}`) wrong.push(`${at}: ${shown}`);
      }
      return wrong;
    });
    assert.deepEqual(wrong, []);
  });

  for (const [size, viewport] of Object.entries({ wide: { width: 1440, height: 900 }, middle: { width: 1100, height: 800 }, phone: PHONE })) {
    at(`names over the track never touch, ${size}`, async (ui) => {
      await ui.paste(SIX);
      await ui.page.waitForFunction(() => document.querySelector('select[aria-label="To"]').innerText.includes('worker-c:30080'));
      const names = async () => {
        await ui.pause();
        const boxes = await ui.page.$$eval('.scrub text', (all) => all.map((e) => {
          const { left, right } = e.getBoundingClientRect();
          return { text: e.textContent, left, right };
        }));
        assert.ok(boxes.length > 0);
        boxes.sort((a, b) => a.left - b.left);
        boxes.slice(1).forEach((box, i) => assert.ok(box.left - boxes[i].right >= 2, `"${boxes[i].text}" and "${box.text}"`));
        return boxes.map((b) => b.text).join(' | ');
      };
      await names();
      await choose(ui, 'From', 'outside');
      await choose(ui, 'To', 'worker-c:30080');
      await ui.page.waitForFunction(() => /lookup/.test(document.querySelector('ol[aria-label="Events of this walk"] li').textContent));
      await ui.page.keyboard.press('n');
      const all = await names();
      assert.match(all, /worker-c/);
      await choose(ui, 'How much', 'Whole exchange');
      await names();
    }, { viewport });
  }
});

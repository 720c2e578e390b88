// What a person does first: sees the demo walk, drives it, asks something else.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, open } from './harness.mjs';

const SVC = 'KUBE-SVC-P7QE5OVRKZMQ43FN';
const SEPS = ['KUBE-SEP-5GSOMUMCTEFLXZNQ', 'KUBE-SEP-YDSBTQTOO7DVNDMV', 'KUBE-SEP-3DAK6EL2JD2M5WTS'];

describe('the walk', () => {
  let browser;
  let ui;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    ui = await open(browser, options);
    await body(ui);
    await ui.close();
  });

  at('the demo is on screen and walking', async (ui) => {
    assert.ok(await ui.has('button', 'Pause'), 'it plays by itself');
    const { at: first, last } = await ui.cursor();
    assert.ok(last > 20, `${last} events`);
    await ui.until('region', 'Story', (text) => !text.includes(`${first} of ${last}`));
    await ui.click('button', 'Pause');
    await ui.get('button', 'Play');
  });

  at('the demo has the chains that every such cluster has', async (ui) => {
    await ui.pause();
    await ui.click('button', 'Next draw');
    const walk = await ui.text('region', 'Chain walk');
    for (const chain of [SVC, ...SEPS]) assert.ok(walk.includes(chain), `${chain} is shown`);
    assert.ok(walk.includes('0.33333333349'), 'the threshold as the kernel keeps it');
  });

  at('step and step back go one event, and end where they began', async (ui) => {
    await ui.pause();
    const { at: start } = await ui.cursor();
    const before = await ui.text('region', 'Story');
    await ui.click('button', 'Step');
    const stepped = await ui.cursor();
    assert.ok(stepped.at > start, 'forward');
    await ui.click('button', 'Back');
    assert.equal((await ui.cursor()).at, start);
    assert.equal(await ui.text('region', 'Story'), before);
  });

  at('every event can be reached by key, and the story tells each', async (ui) => {
    await ui.pause();
    await ui.page.keyboard.press('4');
    await ui.page.keyboard.press('Home');
    const { last } = await ui.cursor();
    const seen = new Set();
    for (let i = 1; i <= last; i += 1) {
      assert.equal((await ui.cursor()).at, i);
      seen.add(await ui.text('region', 'Story'));
      await ui.page.keyboard.press('ArrowRight');
    }
    assert.equal(seen.size, last, 'no two events are told alike');
    assert.equal((await ui.cursor()).at, last, 'the end is the end');
  });

  at('scrubbing lands where the pointer is', async (ui) => {
    await ui.pause();
    const slider = await ui.get('slider', 'Event');
    const box = await slider.boundingBox();
    const { last } = await ui.cursor();
    const places = [0.9, 0.1, 0.5];
    for (const part of places) {
      await ui.page.mouse.move(box.x + box.width * part, box.y + box.height / 2);
      await ui.page.mouse.down();
      await ui.page.mouse.up();
      const { at } = await ui.cursor();
      assert.ok(Math.abs((at - 1) / (last - 1) - part) < 0.05, `at ${at} of ${last} for ${part}`);
    }
  });

  at('the mark, the draw and both rewritings can be jumped to', async (ui) => {
    await ui.pause();
    await ui.page.keyboard.press('Home');
    await ui.click('button', 'Next NAT');
    const story = await ui.text('region', 'Story');
    assert.match(story, /10\.42\.\d+\.\d+/, 'the pod that was chosen');
    const events = (await ui.events()).join('\n');
    assert.match(events, /8711/, 'the Service port');
    assert.match(events, /8080/, 'the pod port');
  });

  at('the same seed gives the same walk, and another may not', async (ui) => {
    await ui.pause();
    const walkOf = async (seed) => {
      const field = await ui.get('textbox', 'Seed');
      await field.evaluate((element, value) => {
        element.value = value;
        element.dispatchEvent(new Event('change', { bubbles: true }));
      }, String(seed));
      await ui.page.waitForFunction((v) => document.querySelector('[aria-label="Seed"]').value === v, {}, String(seed));
      await ui.pause();
      return (await ui.events()).join('\n');
    };
    const walks = new Map();
    for (const seed of [1, 2, 3, 4, 5, 6, 7]) walks.set(seed, await walkOf(seed));
    assert.ok(new Set(walks.values()).size > 1, 'seven seeds do not choose one pod');
    for (const seed of [7, 1, 4]) assert.equal(await walkOf(seed), walks.get(seed));
  });

  at('a packet from outside is masqueraded and the reply finds its way back', async (ui) => {
    await ui.pause();
    const select = await ui.get('combobox', 'From');
    const outside = await select.evaluate((element) => {
      const option = [...element.options].find((o) => /outside/i.test(o.value));
      element.value = option.value;
      element.dispatchEvent(new Event('change', { bubbles: true }));
      return option.value;
    });
    assert.match(outside, /outside/);
    await ui.click('button', 'Send');
    await ui.pause();
    const events = (await ui.events()).join('\n');
    for (const word of ['KUBE-MARK-MASQ', 'gets mark 0x4000', 'KUBE-POSTROUTING']) {
      assert.ok(events.includes(word), `${word} is part of the story`);
    }
    assert.match(events, /The source \S+ disappears\. It becomes/);
    assert.match(events, /conntrack puts the client's own address \S+ back/);
  });

  at('the keys are listed, and the list closes', async (ui) => {
    await ui.pause();
    await ui.page.keyboard.press('?');
    const dialog = await ui.get('dialog', 'Keys');
    assert.match(await dialog.evaluate((e) => e.innerText), /play or pause/);
    await ui.page.keyboard.press('Escape');
    await ui.page.waitForSelector('[role="dialog"]', { hidden: true });
  });
});

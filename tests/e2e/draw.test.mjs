// The draw: force it by hand, pick where it leads, guess first, and the exact odds beside it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PHONE, launch, open } from './harness.mjs';

describe('the draw', () => {
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

  const NEEDLE = 'Number drawn: drag or use the arrow keys to force another';
  const value = async (ui) => {
    const slider = await ui.get('slider', NEEDLE);
    return slider.evaluate((e) => ({ now: Number(e.getAttribute('aria-valuenow')), said: e.getAttribute('aria-valuetext') }));
  };
  const choose = async (ui, name, pick) => {
    const list = await ui.get('combobox', name);
    return list.evaluate((element, pick) => {
      const option = [...element.options].filter((o) => o.value !== '').at(pick);
      element.value = option.value;
      element.dispatchEvent(new Event('change', { bubbles: true }));
      return option.value;
    }, pick);
  };

  at('the needle can be dragged, and let go of', async (ui) => {
    await ui.page.keyboard.press('d');
    const before = await value(ui);
    const slider = await ui.get('slider', NEEDLE);
    const box = await slider.boundingBox();
    const y = box.y + 26;
    await ui.page.mouse.move(box.x + 20, y);
    await ui.page.mouse.down();
    await ui.until('region', 'The draw', (text) => text.includes('Hit: below'));
    assert.match(await ui.text('region', 'The draw'), /Forced by hand/);
    await ui.page.mouse.move(box.x + box.width * 0.5, y, { steps: 4 });
    await ui.until('region', 'The draw', (text) => text.includes('Miss: not below'));
    await ui.page.mouse.up();
    await ui.click('button', 'Let chance decide');
    await ui.until('region', 'The draw', (text) => !text.includes('Forced by hand'));
    assert.deepEqual(await value(ui), before, 'chance gives what it gave before');
  });

  at('the needle moves by keyboard and says where it is', async (ui) => {
    await ui.page.keyboard.press('d');
    const slider = await ui.get('slider', NEEDLE);
    await slider.evaluate((element) => element.focus());
    await ui.page.keyboard.press('Home');
    await ui.until('region', 'The draw', (text) => text.includes('Hit: below'));
    assert.match((await value(ui)).said, /^0\.00, hit\. rule 2, .*1\/3 of the whole/);
    await ui.page.keyboard.press('End');
    await ui.until('region', 'The draw', (text) => text.includes('Miss: not below'));
    const { now } = await value(ui);
    await ui.page.keyboard.press('ArrowLeft');
    await ui.page.waitForFunction((before) => {
      const slider = document.querySelector('.stairs [role=slider]');
      return Math.abs(Number(slider.getAttribute('aria-valuenow')) - (before - 0.01)) < 0.006;
    }, {}, now);
    const { at: cursor } = await ui.cursor();
    await ui.page.keyboard.press('ArrowRight');
    assert.equal((await ui.cursor()).at, cursor, 'the arrow keys belong to the needle');
  });

  at('an endpoint can be picked, and the draws lead there', async (ui) => {
    await ui.page.keyboard.press('d');
    const sockets = [];
    for (const pick of [0, 1, 2]) {
      const socket = await choose(ui, 'Where the draws lead', pick);
      sockets.push(socket);
      await ui.page.waitForFunction((socket) => [...document.querySelectorAll('[aria-label="Events of this walk"] li')]
        .some((item) => item.textContent.includes(`It becomes ${socket}`) || item.textContent.includes(socket)), {}, socket);
      await ui.until('region', 'The draw', (text) => text.includes('Forced by hand'));
    }
    assert.equal(new Set(sockets).size, 3);
    await ui.click('button', 'Let chance decide');
    await ui.get('button', 'Draw again');
  });

  at('the exact odds stand beside it, each a way to force it', async (ui) => {
    await ui.page.keyboard.press('d');
    const odds = await ui.text('region', 'Exact odds');
    assert.match(odds, /3 endpoints, each with 1\/3 \(33\.3 %\) of all connections/);
    assert.equal(odds.match(/1\/3\s+33\.3 %/g).length, 3);
    assert.match(odds, /As the kernel counts: [\d,]+ drawn, of 2,147,483,648 \(2\^31\); below 715,827,883 hits/);
    const names = await ui.page.$$eval('[aria-label="Exact odds"] button', (all) => all.map((b) => b.getAttribute('aria-label')));
    assert.equal(names.length, 3);
    await ui.click('button', names[2]);
    await ui.until('region', 'The draw', (text) => text.includes('Forced by hand'));
    await ui.page.waitForSelector(`[aria-label="Exact odds"] button[aria-label="${names[2]}"][aria-pressed="true"]`);
    await ui.page.keyboard.press('End');
    await ui.get('region', 'Exact odds');
  });

  at('what is left of the whole is told, also at the rule that takes the rest', async (ui) => {
    await ui.page.keyboard.press('d');
    await choose(ui, 'Where the draws lead', 2);
    await ui.until('region', 'The draw', (text) => text.includes('2/3 of the whole is left, for 2 endpoints'));
    await ui.page.keyboard.press('d');
    await ui.until('region', 'The draw', (text) => text.includes('1/3 of the whole is left, for 1 endpoint'));
    await ui.page.keyboard.press('ArrowRight');
    await ui.until('region', 'The draw', (text) => text.includes('No draw is left'));
  });

  at('guess first stops before a draw, hides it, and counts', async (ui) => {
    await ui.page.keyboard.press('d');
    await ui.click('button', 'Guess first');
    await ui.page.keyboard.press('Home');
    await ui.page.keyboard.press('d');
    const asked = await ui.text('region', 'Guess first');
    assert.match(asked, /Rule 2 is about to draw, from 0 up to 1\. Below 0\.333 it is a hit/);
    assert.equal(await ui.has('slider', NEEDLE), false, 'no needle yet');
    // The keyboard is in the answers already.
    await ui.page.keyboard.press('Tab');
    await ui.page.keyboard.press('Enter');
    const told = await ui.until('region', 'The draw', (text) => /You said a miss/.test(text));
    assert.match(told, /[01] of 1 guessed/);
    await ui.page.keyboard.press('d');
    await ui.get('region', 'Guess first');
    await ui.click('button', 'Just show it');
    assert.match(await ui.text('region', 'The draw'), /[01] of 1 guessed/);
    await ui.click('button', 'Guess first');
    await ui.page.keyboard.press('Home');
    await ui.page.keyboard.press('d');
    await ui.get('slider', NEEDLE);
  });

  at('an endpoint can be guessed, too', async (ui) => {
    await ui.page.keyboard.press('d');
    await ui.click('button', 'Guess first');
    await ui.page.keyboard.press('Home');
    await ui.page.keyboard.press('d');
    await choose(ui, 'Or the endpoint in the end', 0);
    const told = await ui.until('region', 'The draw', (text) => /You said rule 2/.test(text));
    assert.match(told, /[01] of 1 guessed/);
  });

  for (const [name, count] of [['two', 2], ['ten', 10], ['a hundred', 100]]) {
    for (const viewport of [undefined, PHONE]) {
      at(`a chain of ${name} endpoints is readable${viewport ? ' on a phone' : ''}`, async (ui) => {
        await ui.paste(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: ${count}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: x, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80}]
`);
        // The core answers when it can; node1 is none of the demo's.
        await ui.page.waitForFunction(() => document.querySelector('[aria-label="Events of this walk"]')?.textContent.includes('node1'));
        await ui.pause();
        await ui.page.keyboard.press('Home');
        await ui.page.keyboard.press('d');
        const slider = await ui.get('slider', NEEDLE);
        const { said } = await value(ui);
        assert.match(said, new RegExp(`1/${count} of the whole = 1/${count}`));
        // No word of the drawing leaves it, and none in the lit zone leaves that.
        const out = await slider.evaluate((svg) => {
          const frame = svg.getBoundingClientRect();
          const texts = [...svg.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()]);
          const loose = texts.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1);
          const zone = svg.querySelector('.current .zone').getBoundingClientRect();
          const label = svg.querySelector('.current .label')?.getBoundingClientRect();
          return [...loose.map(([words]) => words), ...(label && label.width > 0 && label.right > zone.right + 1 ? ['the label of the lit bar'] : [])];
        });
        assert.deepEqual(out, []);
        const wide = await ui.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `nothing sticks out: ${wide}`);
      }, { viewport });
    }
  }
});

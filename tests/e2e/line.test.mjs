// The line: the whole journey as one drawing, a second stage beside the call stack, moved by the same cursor.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { PHONE, WIDE, launch, open } from './harness.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const THREE_NODES = readFileSync(new URL('./ipv6-nodeport.yaml', import.meta.url), 'utf8');

async function openLine(ui) {
  await ui.click('button', 'The line');
  await ui.get('region', 'The line');
}

/** The moment that the drawing marks, in words. */
const current = (ui) => ui.page.$eval('ol[aria-label="The line in words"] [aria-current="step"]', (li) => li.textContent.trim());

/** A point of the drawing on the screen. */
async function pointOf(ui, selector) {
  const mark = await ui.page.$(`svg.line-drawing ${selector}`);
  await mark.scrollIntoView();
  const { x, y, width, height } = await mark.boundingBox();
  return [x + width / 2, y + height / 2];
}

describe('the line', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  test('takes the place of the call stack, and gives it back', async () => {
    const ui = await open(browser);
    await ui.pause();
    await openLine(ui);
    assert.ok(!(await ui.has('region', 'Chain walk')));
    assert.ok(await ui.has('region', 'Packet'), 'the packet stays beside it');
    await ui.click('button', 'Call stack');
    await ui.get('region', 'Chain walk');
    await ui.page.keyboard.press('l');
    await ui.get('region', 'The line');
    await ui.close();
  });

  test('has every node, hook and draw of the journey on it', async () => {
    const ui = await open(browser);
    await ui.pause();
    await openLine(ui);
    await ui.click('button', 'Next draw');
    const words = await ui.page.$$eval('svg.line-drawing text', (all) => all.map((t) => t.textContent));
    for (const word of ['pi-w1', 'pi-w2', 'PREROUTING', 'KUBE-SERVICES', 'KUBE-SVC-P7QE5OVRKZMQ43FN', 'drew 0.57, no match', '1/3 of the whole']) {
      assert.ok(words.includes(word), `${word} among ${words.join(' | ')}`);
    }
    const bars = await ui.page.$$eval('svg.line-drawing .bar.hit', (all) => all.map((bar) => bar.getBoundingClientRect().width));
    assert.ok(bars.length >= 2 && Math.abs(bars[0] - bars[1]) < 3, `a third and half of two thirds are alike: ${bars}`);
    await ui.close();
  });

  test('is moved by the one cursor, and moves it', async () => {
    const ui = await open(browser);
    await ui.pause();
    await openLine(ui);
    await ui.click('button', 'Next NAT');
    const { at } = await ui.cursor();
    assert.match(await current(ui), /PREROUTING.*becomes 10\.42\.2\.22:8080/);
    const story = await ui.text('region', 'Story');
    // A press on another stop goes there, in every view.
    const [x, y] = await pointOf(ui, '.stop');
    await ui.page.mouse.click(x, y);
    await ui.until('region', 'Story', (text) => text !== story);
    assert.notEqual((await ui.cursor()).at, at);
    await ui.close();
  });

  test('is told in words, each of them a way to its moment', async () => {
    const ui = await open(browser);
    await ui.pause();
    await openLine(ui);
    await ui.click('button', 'In words');
    const list = await ui.get('list', 'The line in words');
    const items = await list.$$eval('li', (all) => all.map((li) => li.textContent));
    assert.ok(items.length > 15, `${items.length} passages`);
    const button = await list.$('li:nth-child(4) button');
    await button.focus();
    await ui.page.keyboard.press('Enter');
    await ui.page.waitForFunction(() => document.querySelector('ol[aria-label="The line in words"] li:nth-child(4)').ariaCurrent === 'step');
    await ui.close();
  });

  test('shows an IPv6 NodePort over three nodes, with its mark and both rewritings', async () => {
    const ui = await open(browser);
    await ui.pause();
    await ui.paste(THREE_NODES);
    await ui.until('region', 'Story', (text) => text.includes('web'));
    await ui.page.waitForFunction(() => document.querySelector('.app:not([data-waits])'));
    await ui.page.select('select[aria-label="From"]', 'outside');
    await ui.page.select('select[aria-label="To"]', 'worker-c:30080');
    await ui.page.waitForFunction(() => document.querySelector('.app:not([data-waits])'));
    await ui.pause();
    await openLine(ui);
    const words = async () => ui.page.$$eval('svg.line-drawing text', (all) => all.map((t) => t.textContent));
    await ui.page.waitForSelector('svg.line-drawing .rope');
    const said = await words();
    assert.ok(said.includes('worker-c') && said.some((w) => w.startsWith('worker-')), said.join(' | '));
    assert.ok((await ui.page.$$('svg.line-drawing .half.by-snat')).length > 0, 'what MASQUERADE wrote');
    assert.ok((await ui.page.$$('svg.line-drawing .half.by-dnat')).length > 0, 'what DNAT wrote');
    await ui.close();
  });

  test('tells nothing early to whoever guesses first', async () => {
    const ui = await open(browser);
    await ui.pause();
    await ui.click('button', 'Next draw');
    await ui.click('button', 'Guess first');
    await ui.page.keyboard.press('Home');
    await openLine(ui);
    const words = await ui.page.$$eval('svg.line-drawing text', (all) => all.map((t) => t.textContent).join(' '));
    assert.ok(!words.includes('10.42.2.22'), words);
    await ui.close();
  });

  for (const [name, viewport, theme] of [['wide', WIDE, 'light'], ['wide', WIDE, 'dark'], ['phone', PHONE, 'light']]) {
    test(`has no fault that axe finds, ${name}, ${theme}`, async () => {
      const ui = await open(browser, { viewport, media: { 'prefers-color-scheme': theme } });
      await ui.pause();
      await ui.click('button', name === 'phone' ? 'Line' : 'The line');
      await ui.get('region', 'The line');
      await ui.page.keyboard.press('d');
      await ui.page.evaluate(AXE);
      const found = await ui.page.evaluate(() => window.axe.run('.the-line', { resultTypes: ['violations'] }));
      assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(', ')}`), []);
      const over = await ui.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${over} pixels too wide`);
      await ui.close();
    });
  }
});

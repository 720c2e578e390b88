// On paper: every sentence in order, numbered, with its rule, and the line as a still picture; and it is light.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WIDE, launch, open } from './harness.mjs';

describe('printing', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  test('gives the whole story, and the page as it was afterwards', async () => {
    const ui = await open(browser, { media: { 'prefers-color-scheme': 'dark' } });
    await ui.pause();
    await ui.click('button', 'Next NAT');
    const { at, last, first } = await ui.cursor();
    const events = await ui.events();
    // What the browser does when it prints, for as long as we look.
    await ui.page.emulateMediaType('print');
    await ui.page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    const article = await ui.page.waitForSelector('article[aria-label="The whole story"]', { visible: true });
    const items = await article.$$eval('ol > li', (all) => all.map((li) => ({
      sentence: li.querySelector('p').textContent.trim(),
      rule: li.querySelector('code')?.textContent ?? '',
      number: getComputedStyle(li).listStyleType,
      now: li.getAttribute('aria-current'),
    })));
    assert.equal(items.length, last - first + 1);
    assert.ok(items.length >= events.length);
    for (const sentence of events) assert.ok(items.some((item) => item.sentence === sentence), sentence);
    assert.ok(items.every((item) => item.number === 'decimal'));
    const rules = items.map((item) => item.rule).filter((rule) => rule.startsWith('-A '));
    assert.ok(rules.some((rule) => rule.includes('--probability 0.33333333349')), 'the draw, as iptables prints it');
    assert.ok(rules.some((rule) => rule.includes('-j DNAT')));
    assert.equal(items.findIndex((item) => item.now === 'step'), at - first);
    const line = await article.$('svg.line-drawing[role="img"]');
    assert.ok((await line.boundingBox()).width > 300, 'the line is drawn');
    assert.ok(!(await (await ui.page.$('.bar')).isVisible()), 'and no control is');
    const shade = await ui.page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--ink').trim());
    assert.match(shade, /^#[0-3]/, 'dark ink on light paper');
    await ui.page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    await ui.page.emulateMediaType('screen');
    await ui.page.waitForFunction(() => !document.querySelector('article[aria-label="The whole story"]'));
    assert.equal((await ui.cursor()).at, at);
    await ui.close();
  });

  test('fits the page and takes several', async () => {
    const ui = await open(browser, { viewport: WIDE });
    await ui.pause();
    const pdf = Buffer.from(await ui.page.pdf({ format: 'a4' })).toString('latin1');
    const pages = pdf.match(/\/Type\s*\/Page\b/g) ?? [];
    assert.ok(pages.length >= 3, `${pages.length} pages for 92 sentences`);
    await ui.page.emulateMediaType('print');
    await ui.page.setViewport({ width: 700, height: 1000 });
    await ui.page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    await ui.page.waitForSelector('article[aria-label="The whole story"]', { visible: true });
    const over = await ui.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${over} pixels too wide`);
    await ui.close();
  });
});

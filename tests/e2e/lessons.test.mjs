// Lesson mode as a learner meets it: the list, a wrong belief and its note, a walk after the answer, a task that the
// simulator checks, progress over a reload.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PHONE, URL_OF_PAGE, launch, launchFirefox, open } from './harness.mjs';

const BROWSERS = { Chromium: launch, ...(process.env.FIREFOX ? { Firefox: launchFirefox } : {}) };

/** What the lesson's side says. */
const said = (ui) => ui.page.$eval('.lesson', (e) => e.innerText);
const until = (ui, words) => ui.page.waitForFunction((w) => document.querySelector('.lesson')?.innerText.includes(w), {}, words);
/** Waits for a button that can be pressed, and presses it. */
async function press(ui, name) {
  await ui.page.waitForFunction((n) => [...document.querySelectorAll('.lesson button')].some((b) => b.innerText.trim() === n && !b.disabled), {}, name);
  await ui.page.evaluate((n) => [...document.querySelectorAll('.lesson button')].find((b) => b.innerText.trim() === n).click(), name);
}
/** How many moments the walk on screen has. */
const moments = (ui) => ui.page.$$eval('ol[aria-label="Events of this walk"] > li', (all) => all.length);

async function firstLesson(ui) {
  await ui.click('button', 'Lessons');
  await until(ui, 'Which machine owns a ClusterIP?');
  await ui.page.locator('.lesson-entry').click();
  await until(ui, 'Who holds 10.43.169.48?');
}

for (const [name, start] of Object.entries(BROWSERS)) {
  describe(`lessons in ${name}`, () => {
    let browser;
    before(async () => { browser = await start(); });
    after(async () => { await browser.close(); });

    test('the first lesson is played to its end: a wrong answer, a prediction before the walk, a mended question', async () => {
      const ui = await open(browser);
      await firstLesson(ui);
      await press(ui, 'Every node has it');
      await until(ui, 'IPVS mode');
      assert.match(await said(ui), /Not yet/);
      await press(ui, 'No machine has it');
      await until(ui, 'Right');
      await press(ui, 'Next');
      await until(ui, 'The destination changes');
      // The walk runs to the rewriting and stops there.
      await ui.until('region', 'Story', (story) => /DNAT|destination/.test(story));
      await press(ui, 'Next');
      await until(ui, 'What comes back?');
      await ui.page.waitForFunction(() => document.querySelectorAll('ol[aria-label="Events of this walk"] > li').length === 1);
      await press(ui, 'A refusal: connection reset');
      await until(ui, 'Nobody gets this ping');
      await press(ui, 'Nothing: silence');
      await until(ui, 'Right');
      assert.ok(await moments(ui) > 1, 'after the answer the walk is there');
      await press(ui, 'Next');
      await until(ui, 'Get an answer');
      await ui.page.waitForFunction(() => document.querySelector('.app:not([data-waits])'));
      await press(ui, 'Check');
      await until(ui, 'The client does not get an answer yet.');
      const to = await ui.page.waitForSelector('select[aria-label="To"]');
      const wanted = await to.evaluate((e) => [...e.options].find((o) => /8711/.test(o.textContent + o.value)).value);
      await to.select(wanted);
      await ui.page.waitForFunction(() => document.querySelector('.app:not([data-waits])'));
      await press(ui, 'Check');
      await until(ui, 'A ClusterIP is not a place.');
      await press(ui, 'All lessons');
      await until(ui, 'done');
      await ui.close();
    });
  });
}

describe('lesson mode', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  test('progress stays over a visit, and lesson mode can be left to try the cluster freely', async () => {
    const ui = await open(browser);
    await firstLesson(ui);
    await press(ui, 'No machine has it');
    await until(ui, 'Right');
    await ui.page.reload();
    await ui.page.waitForFunction(() => performance.getEntriesByName('chainwalk:ready').length > 0);
    await ui.click('button', 'Lessons');
    await until(ui, '1 of 4 steps');
    await ui.click('button', 'End lesson mode');
    assert.equal(await ui.page.$('.lesson'), null);
    await ui.close();
  });

  test("a teacher's link opens a lesson at its step, and a link to elsewhere opens none", async () => {
    const ui = await open(browser, { url: `${URL_OF_PAGE}#lesson=01-who-owns-a-clusterip&step=2` });
    await until(ui, 'The destination changes');
    await ui.close();
    const other = await open(browser, { url: `${URL_OF_PAGE}#lesson=../demo` });
    await until(other, 'Which machine owns a ClusterIP?');
    assert.equal(await other.page.$('.lesson-step'), null);
    await other.close();
  });

  test('on a phone the text stands above the views, and nothing is cut off at the side', async () => {
    const ui = await open(browser, { viewport: PHONE });
    await firstLesson(ui);
    const wide = await ui.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= PHONE.width, `${wide} px wide`);
    await press(ui, 'No machine has it');
    await until(ui, 'Right');
    await ui.close();
  });
});

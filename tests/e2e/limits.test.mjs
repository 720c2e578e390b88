// Hostile and enormous texts, and a core that dies: nothing freezes, nothing is lost, and the page says what
// happened and what to do.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, open } from './harness.mjs';

const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: a}, ports: [{port: 80}]}\n';

/** What is pasted, made in the page: what it would take to send it there is not what is tested. */
const HOSTILE = {
  'a billion laughs': {
    make: () => 'a0: &a0 [lol, lol]\n' + Array.from({ length: 29 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]\n`).join(''),
    says: /Anchors and aliases repeat too much.*Write the values out/s,
  },
  'lists in lists without end': { make: () => '['.repeat(200_000), says: /nested too deeply.*look for a bracket/s },
  'an object larger than any server takes': {
    make: () => `apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [${'{port: 80},'.repeat(400_000)}]}\n`,
    says: /larger than 3 MiB.*Split it/s,
  },
  'a NUL': { make: () => 'apiVersion: v1\nkind: Ser\0vice\n', says: /control character U\+0000/ },
  'half of a surrogate pair': { make: () => 'apiVersion: v1\nkind: "Service\ud800"\n', says: /no kind/ },
  'a name that turns the direction of what follows': {
    make: () => 'apiVersion: v1\nkind: Service\nmetadata: {name: "s\u202e0"}\nspec: {ports: [{port: 80}]}\n',
    says: /s\\u\{202e\}0/,
  },
  'a name of 10,000 characters': {
    make: () => `apiVersion: v1\nkind: Service\nmetadata: {name: ${'x'.repeat(10_000)}}\nspec: {ports: [{port: 80}]}\n`,
    says: /x{50,60}….*more than 63 characters/s,
  },
};

/** Pastes what a function makes in the page. */
async function pasteMade(ui, make) {
  const made = await ui.page.evaluateHandle(make);
  await ui.page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData('text/plain', text);
    window.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, made);
}

/** Waits until the page's words fulfil a condition; it answers all the while. */
const until = (ui, pattern) => ui.page.waitForFunction(
  (source) => new RegExp(source, 's').test([...document.querySelectorAll('[role="alert"], [data-notes], main, aside')].map((e) => e.innerText).join('\n')),
  { timeout: 60_000 },
  pattern.source,
);

const live = (ui) => ui.page.waitForFunction(() => performance.getEntriesByName('chainwalk:live').length > 0, { timeout: 60_000 });

/** The demo's walk is still there and can be stepped through. */
async function stillWalks(ui) {
  assert.match(await ui.text('region', 'Story'), /8711/);
  await ui.page.keyboard.press('Escape');
  const { at } = await ui.cursor();
  await ui.click('button', 'Step');
  await ui.page.waitForFunction((before) => Number(document.querySelector('[role="slider"]').getAttribute('aria-valuenow')) !== before, {}, at);
}

describe('limits', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  for (const [name, { make, says }] of Object.entries(HOSTILE)) {
    test(name, async () => {
      const ui = await open(browser);
      await live(ui);
      await ui.pause();
      await pasteMade(ui, make);
      await until(ui, says);
      await stillWalks(ui);
      await ui.close();
    });
  }

  test('a thousand million replicas are as many as can be shown', async () => {
    const ui = await open(browser);
    await live(ui);
    await ui.pause();
    await pasteMade(ui, () => `apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: 1000000000
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: c, image: c, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {selector: {app: a}, ports: [{port: 8080, targetPort: 80}]}
`);
    await ui.until('region', 'Story', (text) => text.includes(':8080'));
    await ui.close();
  });
});

describe('a core that dies', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  const worker = async (ui) => {
    await live(ui);
    await ui.pause();
    const [core] = ui.page.workers();
    assert.ok(core, 'the core is a worker');
    return core;
  };
  const RESTARTED = /The core stopped and was started again.*Nothing is lost/;

  test('is started again when the browser ends it, and the page says so', async () => {
    const ui = await open(browser);
    const core = await worker(ui);
    await core.evaluate(() => self.close()).catch(() => {});
    await until(ui, RESTARTED);
    await ui.click('button', 'Draw again');
    await ui.page.waitForFunction(() => !document.querySelector('[role="alert"]'));
    await ui.until('region', 'Story', (text) => text.includes(':8711'));
    await ui.close();
  });

  test('is asked the same again when it ends over a question', async () => {
    const ui = await open(browser);
    const core = await worker(ui);
    // The next question ends it, once.
    await core.evaluate(() => {
      const answer = self.onmessage;
      self.onmessage = (event) => { if (event) throw new Error('boom'); answer(event); };
    });
    await ui.paste(SERVICE.replace('port: 80', 'port: 9911'));
    await until(ui, RESTARTED);
    await ui.until('region', 'Story', (text) => text.includes(':9911'));
    await ui.close();
  });
});

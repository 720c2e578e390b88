// What comes after the first connection: another one, a pause, entries deleted, and the way back.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PHONE, launch, open } from './harness.mjs';

const AFFINITY = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: x, ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  sessionAffinity: ClientIP
  selector: {app: web}
  ports: [{port: 80}]
`;

describe('the conversation', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.pause();
    await body(ui);
    await ui.close();
  });
  /** The parts of the conversation, as they are told. */
  const parts = async (ui) => {
    const nav = await ui.get('navigation', 'Conversation');
    return nav.$$eval('ol > li', (items) => items.map((item) => ({ text: item.innerText.replace(/\s+/g, ' ').trim(), here: item.ariaCurrent === 'step' })));
  };
  const untilParts = async (ui, count) => {
    await ui.page.waitForFunction((n) => document.querySelectorAll('nav[aria-label="Conversation"] ol > li').length === n, {}, count);
    return parts(ui);
  };
  const choose = async (ui, name, value) => {
    const select = await ui.get('combobox', name);
    await select.evaluate((element, value) => {
      element.value = value;
      element.dispatchEvent(new Event('change', { bubbles: true }));
    }, value);
  };

  at('another connection draws anew, and the first one can be gone back to', async (ui) => {
    assert.equal((await parts(ui)).length, 1);
    const first = await ui.events();
    await ui.click('button', 'Another connection');
    const two = await untilParts(ui, 2);
    assert.match(two[1].text, /^2 connection answered by /);
    assert.ok(two[1].here);
    await ui.pause();
    const second = await ui.events();
    assert.notEqual(second[0], first[0], 'it has a port of its own');
    const nav = await ui.get('navigation', 'Conversation');
    await (await nav.$('ol > li button')).click();
    await ui.page.waitForFunction(() => document.querySelector('nav[aria-label="Conversation"] ol > li').ariaCurrent === 'step');
    await ui.pause();
    assert.deepEqual(await ui.events(), first);
    await ui.click('button', 'Start over');
    await untilParts(ui, 1);
  });

  at('another packet of the same connection asks no nat table, and says why', async (ui) => {
    const first = await ui.events();
    await ui.click('button', 'Another packet');
    const two = await untilParts(ui, 2);
    assert.match(two[1].text, /^2 next packet answered by /);
    assert.equal(two[1].text.replace(/^.*answered/, ''), two[0].text.replace(/^.*answered/, ''));
    await ui.pause();
    const events = await ui.events();
    assert.ok(first.some((e) => e.includes('KUBE-SVC-')));
    assert.ok(!events.some((e) => e.includes('KUBE-SVC-')), 'no rule of nat is tried');
    assert.ok(events.some((e) => /nat table is not asked/i.test(e)), events.join('\n'));
    assert.ok(events.some((e) => /No rule is asked: conntrack rewrites the destination/.test(e)));
  });

  at('eleven minutes later every kernel has forgotten a closed connection', async (ui) => {
    await choose(ui, 'How much', 'Whole exchange');
    await choose(ui, 'How long', '11 minutes');
    await ui.click('button', 'Wait');
    const two = await untilParts(ui, 2);
    assert.match(two[1].text, /wait 11 minutes \d+ entr(y|ies) forgotten/);
    await ui.pause();
    const events = (await ui.events()).join('\n');
    assert.match(events, /Nothing is sent for 11 minutes/);
    assert.match(events, /conntrack on \S+ forgets 10\.42\.\S+ to 10\./);
  });

  at('a time can be typed, and what is no time cannot be waited for', async (ui) => {
    await choose(ui, 'How long', '…');
    await ui.fill('textbox', 'Time to wait', 'soon');
    const wait = await ui.get('button', 'Wait');
    assert.ok(await wait.evaluate((e) => e.disabled));
    await ui.fill('textbox', 'Time to wait', '1h 30m');
    await ui.click('button', 'Wait');
    assert.match((await untilParts(ui, 2))[1].text, /wait 1 hour 30 minutes/);
  });

  at('affinity keeps to its endpoint, and draws anew when its time is over', async (ui) => {
    await ui.paste(AFFINITY);
    await choose(ui, 'From', await (await ui.get('combobox', 'From')).evaluate((e) => [...e.options].find((o) => o.value.startsWith('node/')).value));
    await ui.until('navigation', 'Conversation', (text) => text.includes('answered by web'));
    await ui.click('button', 'Another connection');
    const [one, two] = (await untilParts(ui, 2)).map((p) => p.text.replace(/^\d+ /, ''));
    assert.equal(two, one, 'the same endpoint');
    await ui.pause();
    assert.doesNotMatch((await ui.events()).join('\n'), /draws 0\./);
    await choose(ui, 'How long', '4 hours');
    await ui.click('button', 'Wait');
    await untilParts(ui, 3);
    await ui.click('button', 'Another connection');
    await untilParts(ui, 4);
    await ui.pause();
    assert.match((await ui.events()).join('\n'), /draws 0\./);
  });

  at('an entry is listed as conntrack prints it, and can be deleted', async (ui) => {
    await ui.page.click('section[aria-label="Packet"] details summary');
    const lines = await ui.page.$$eval('section[aria-label="Packet"] details[open] code', (all) => all.map((e) => e.textContent));
    assert.ok(lines.some((l) => /^tcp {6}6 \d+ \w+ src=10\.42\.\S+ dst=10\.43\.\S+ sport=\d+ dport=8711 src=/.test(l)), lines.join('\n'));
    await ui.page.click('section[aria-label="Packet"] details[open] li button');
    const two = await untilParts(ui, 2);
    assert.match(two[1].text, /conntrack -D on \S+ 1 entry deleted/);
  });

  at('a phone has it too', async (ui) => {
    await ui.click('button', 'Another connection');
    assert.match((await untilParts(ui, 2))[1].text, /^2 connection/);
  }, { viewport: PHONE });
});

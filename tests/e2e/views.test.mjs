// The four views of one moment, held to what they say where it is hardest: an IPv6 NodePort through three
// nodes, and a packet that is refused. And the way from a rule to its line, and back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { PHONE, launch, open } from './harness.mjs';

const SIX = readFileSync(new URL('ipv6-nodeport.yaml', import.meta.url), 'utf8');
const NOBODY = `${SIX}---
apiVersion: v1
kind: Service
metadata: {name: nobody, namespace: default}
spec:
  ipFamilies: [IPv6]
  clusterIP: "fd00:10:96::60"
  clusterIPs: ["fd00:10:96::60"]
  selector: {app: nobody}
  ports: [{port: 80}]
`;

describe('four views', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.pause();
    await body(ui);
    await ui.close();
  });
  const choose = async (ui, name, value) => {
    const handle = await ui.page.waitForSelector(`select[aria-label="${name}"]`);
    await ui.page.waitForFunction((n, v) => [...document.querySelector(`select[aria-label="${n}"]`).options].some((o) => o.value === v), {}, name, value);
    await handle.evaluate((e, v) => { e.value = v; e.dispatchEvent(new Event('change', { bubbles: true })); }, value);
  };
  const ask = async (ui, text, from, to, first) => {
    await ui.paste(text);
    await choose(ui, 'From', from);
    await choose(ui, 'To', to);
    await ui.page.waitForFunction((source) => new RegExp(source).test(document.querySelector('ol[aria-label="Events of this walk"] li')?.textContent), {}, first.source);
    await ui.pause();
    await ui.page.keyboard.press('Home');
  };
  /** The sentence and the quoted rule, without the list of all events that stands beside them for who does not see. */
  const told = (ui) => ui.page.$eval('section[aria-label="Story"]', (e) => ['.sentence', '.quote'].map((part) => e.querySelector(part)?.innerText ?? '').join('\n'));
  /** What each view says at the moment on screen. */
  const views = async (ui) => ({
    map: await ui.page.$eval('section[aria-label="Cluster map"] svg', (e) => e.textContent),
    walk: await ui.text('region', 'Chain walk'),
    packet: await ui.text('region', 'Packet'),
    story: await told(ui),
  });

  at('an IPv6 NodePort through three nodes: all views tell the same addresses at every rewriting', async (ui) => {
    await ask(ui, SIX, 'outside', 'worker-c:30080', /worker-c is looked up/);
    const kinds = [];
    for (let i = 0; i < 8; i += 1) {
      const { at: before } = await ui.cursor();
      await ui.page.keyboard.press('n');
      if ((await ui.cursor()).at === before) break;
      const { map, packet, story, walk } = await views(ui);
      const [src, dst] = await ui.page.$$eval('.token text', (all) => all.map((e) => e.textContent.replace('→ ', '')));
      assert.match(src, /^\[fd00:/);
      for (const end of [src, dst]) {
        assert.ok(map.includes(end) && packet.includes(end), `${end} on the map and in the packet`);
      }
      assert.ok(story.includes(src) || story.includes(dst), story);
      assert.ok(walk.length > 20);
      kinds.push(/disappears/.test(story) ? (story.startsWith('The destination') ? 'dnat' : 'snat') : 'back');
    }
    assert.deepEqual(kinds, ['dnat', 'snat', 'back', 'back']);
    await ui.page.keyboard.press('End');
    assert.match(await told(ui), /got its answer, from pod web-\S+, which saw fd00:192:168::13 as the sender/);
  });

  at('an IPv6 NodePort through three nodes: nothing stands out of its box at any moment', async (ui) => {
    await ask(ui, SIX, 'outside', 'worker-c:30080', /worker-c is looked up/);
    const { last } = await ui.cursor();
    const out = [];
    for (let i = 1; i <= last; i += 1) {
      out.push(...await ui.page.evaluate((i) => {
        const found = [];
        const map = document.querySelector('section[aria-label="Cluster map"] svg').getBoundingClientRect();
        for (const e of document.querySelectorAll('section[aria-label="Cluster map"] svg text')) {
          const b = e.getBoundingClientRect();
          if (b.left < map.left - 1 || b.right > map.right + 1) found.push(`${i}: map "${e.textContent}"`);
        }
        for (const e of document.querySelectorAll('section[aria-label="Packet"] *')) {
          if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).overflowX !== 'hidden' && getComputedStyle(e).display !== 'inline') found.push(`${i}: packet "${e.textContent}"`);
        }
        return found;
      }, i));
      await ui.page.keyboard.press('ArrowRight');
    }
    assert.deepEqual([...new Set(out)], []);
  });

  at('a refused packet: all views end where it ends, and say so', async (ui) => {
    await ask(ui, NOBODY, 'node/worker-a', '[fd00:10:96::60]:80', /worker-a sends TCP SYN/i);
    let story = '';
    for (let i = 0; i < 12 && !/rejects/.test(story); i += 1) {
      await ui.page.keyboard.press('v');
      story = await told(ui);
    }
    const { walk, packet } = await views(ui);
    assert.match(story, /Rule \d+ of KUBE-SERVICES rejects the packet: it is thrown away, and the sender gets an ICMP error/);
    assert.match(story, /-j REJECT --reject-with icmp6-port-unreachable/);
    assert.match(walk, /matches, rejects/);
    assert.match(packet, /Service default\/nobody/);
    await ui.page.keyboard.press('End');
    assert.match(await told(ui), /refused/);
    const nav = await ui.text('navigation', 'Conversation');
    assert.match(nav, /refused/);
  });

  at('a rule leads to its line, and the line to its rules', async (ui) => {
    await ui.page.keyboard.press('Home');
    await ui.page.keyboard.press('d');
    const rule = await ui.page.$eval('section[aria-label="Story"] .quote code', (e) => e.textContent);
    await ui.click('button', 'All rules from there');
    const made = await ui.get('group', 'Rules made by one object');
    const rules = await made.$$eval('code', (all) => all.map((e) => e.textContent));
    assert.ok(rules.includes(rule), `${rule}\nis among\n${rules.join('\n')}`);
    const line = await made.$eval('button.link', (e) => e.textContent);
    await (await made.$('button.link')).click();
    await ui.get('button', 'Rules from here');
    assert.match(line, /^line \d+$/);
    await ui.page.waitForSelector('yaml-editor, .yaml textarea');
    // The editor stands at the line now, so the way back needs nothing but the button.
    await ui.page.waitForFunction((n) => document.querySelector('yaml-editor')?.line === n, {}, Number(line.split(' ')[1]));
    await ui.click('button', 'Back to the walk');
    await ui.click('button', 'Rules from here');
    const again = await ui.get('group', 'Rules made by one object');
    assert.deepEqual(await again.$$eval('code', (all) => all.map((e) => e.textContent)), rules);
  });

  at('a phone shows the same moment', async (ui) => {
    await ui.page.keyboard.press('Home');
    await ui.page.keyboard.press('n');
    const story = await told(ui);
    await ui.click('button', 'Packet');
    const packet = await ui.text('region', 'Packet');
    const socket = story.match(/becomes (\S+):/)[1];
    assert.ok(packet.includes(socket), `${socket} in ${packet}`);
  }, { viewport: PHONE });
});

// A large cluster: what is not on the path is counted, everything can still be looked at, and the page stays small.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { PHONE, WIDE, launch, open } from './harness.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** So many Services on ten nodes, with so many pods behind them. */
function cluster(services, pods) {
  const parts = [];
  for (let i = 0; i < 10; i += 1) {
    parts.push(`apiVersion: v1
kind: Node
metadata: {name: node-${i}}
spec: {podCIDR: 10.42.${i}.0/24}
status: {addresses: [{type: InternalIP, address: 192.168.7.${10 + i}}]}`);
  }
  const groups = 5;
  for (let g = 0; g < groups; g += 1) {
    parts.push(`apiVersion: apps/v1
kind: Deployment
metadata: {name: app-${g}, namespace: shop}
spec:
  replicas: ${Math.ceil(pods / groups)}
  selector: {matchLabels: {app: app-${g}}}
  template:
    metadata: {labels: {app: app-${g}}}
    spec: {containers: [{name: c, image: x, ports: [{containerPort: 80}]}]}`);
  }
  for (let i = 0; i < services; i += 1) {
    parts.push(`apiVersion: v1
kind: Service
metadata: {name: svc-${String(i).padStart(4, '0')}, namespace: shop}
spec: {selector: {app: app-${i % groups}}, ports: [{port: 80}]}`);
  }
  parts.push(`apiVersion: v1
kind: Pod
metadata: {name: client, namespace: shop}
spec: {nodeName: node-3, containers: [{name: c, image: x}]}`);
  return parts.join('\n---\n');
}

describe('a large cluster', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  async function pasted(text, options = {}) {
    const ui = await open(browser, options);
    await ui.pause();
    await ui.paste(text);
    await ui.until('region', 'Story', (said) => /svc-|app-|client/.test(said));
    await ui.pause();
    return ui;
  }

  test('200 Services, 50 pods, 10 nodes: the path is drawn, the rest is counted', async () => {
    const ui = await pasted(cluster(200, 50));
    const map = await ui.page.$eval('section.map', (section) => ({
      words: [...section.querySelectorAll('svg text')].map((t) => t.textContent),
      nodes: section.querySelectorAll('svg .node').length,
    }));
    assert.ok(map.nodes >= 2 && map.nodes < 10, `${map.nodes} nodes are drawn`);
    assert.ok(map.words.some((word) => /^and \d+/.test(word)), 'and the others counted');
    const small = await ui.page.evaluate(() => document.querySelectorAll('*').length);
    assert.ok(small < 4000, `${small} elements`);
    await ui.close();
  });

  test('every node can be looked at, larger and smaller, by mouse, wheel and keyboard', async () => {
    const ui = await pasted(cluster(200, 50));
    await ui.click('button', 'All nodes');
    const scroll = await ui.get('group', 'All nodes');
    assert.equal(await scroll.$$eval('svg .node', (all) => all.length), 10);
    const at = () => scroll.evaluate((element) => element.scrollLeft);
    const zoom = () => scroll.$eval('.map-inner', (inner) => Number(inner.dataset.zoom));
    const to = async (change, differs) => {
      const before = await at();
      await change();
      await ui.page.waitForFunction((element, was, less) => (less ? element.scrollLeft < was : element.scrollLeft > was), {}, scroll, before, differs === 'less');
    };
    await scroll.evaluate((element) => { element.scrollLeft = 0; });
    await scroll.focus();
    const { at: moment } = await ui.cursor();
    await to(() => ui.page.keyboard.press('ArrowRight'));
    assert.equal((await ui.cursor()).at, moment, 'the walk does not step');
    await to(() => ui.page.keyboard.press('ArrowLeft'), 'less');
    const { x, y, width, height } = await scroll.boundingBox();
    await ui.page.mouse.move(x + width / 2, y + height / 2);
    await to(() => ui.page.mouse.wheel({ deltaY: 200 }));
    await ui.page.mouse.down();
    await to(() => ui.page.mouse.move(x + width / 2 - 120, y + height / 2, { steps: 4 }));
    await ui.page.mouse.up();
    assert.equal(await zoom(), 75);
    await ui.click('button', 'Larger');
    await ui.page.waitForFunction(() => document.querySelector('.map-inner').dataset.zoom === '100');
    await scroll.focus();
    await ui.page.keyboard.press('-');
    await ui.page.waitForFunction(() => document.querySelector('.map-inner').dataset.zoom === '75');
    await ui.click('button', 'The path');
    await ui.get('button', 'All nodes');
    await ui.close();
  });

  test('the packet is followed over all nodes', async () => {
    const ui = await pasted(cluster(20, 50));
    await ui.click('button', 'All nodes');
    const scroll = await ui.get('group', 'All nodes');
    for (let i = 0; i < 4; i += 1) {
      await ui.click('button', 'Next NAT');
      const seen = await scroll.evaluate((element) => {
        const [outer, token] = [element, element.querySelector('.token')].map((e) => e.getBoundingClientRect());
        return token.right > outer.left && token.left < outer.right;
      });
      assert.ok(seen, 'the packet is in view');
    }
    await ui.close();
  });

  test('1,000 Services of ten endpoints: lists and page stay bounded', async () => {
    const ui = await pasted(cluster(1000, 50));
    const size = await ui.page.evaluate(() => ({
      options: document.querySelectorAll('select[aria-label="To"] option').length,
      all: document.querySelectorAll('*').length,
    }));
    assert.ok(size.options <= 1300, `${size.options} choices`);
    assert.ok(size.all < 6000, `${size.all} elements`);
    await ui.click('button', 'The line');
    const marks = await ui.page.$$eval('svg.line-drawing *', (all) => all.length);
    assert.ok(marks < 900, `${marks} marks`);
    await ui.close();
  });

  test('a phone counts them too, and nothing is wider than it', async () => {
    const ui = await pasted(cluster(200, 50), { viewport: PHONE });
    const words = await ui.page.$$eval('svg.mini text', (all) => all.map((t) => t.textContent));
    assert.ok(words.some((word) => /^and \d+ (more nodes|nodes more)$/.test(word)), words.join(' | '));
    assert.ok(await ui.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await ui.close();
  });

  test('axe finds nothing on it', async () => {
    const ui = await pasted(cluster(200, 50), { viewport: WIDE });
    await ui.click('button', 'All nodes');
    await ui.page.evaluate(AXE);
    const found = await ui.page.evaluate(() => window.axe.run('section.map', { resultTypes: ['violations'] }));
    assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(', ')}`), []);
    await ui.close();
  });
});

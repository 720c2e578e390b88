// The text and the cluster: pasting, mistakes, and what stays while a mistake stands.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, open } from './harness.mjs';

/** The demo's own two objects, without the parts that state addresses. */
const SHORT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: demo, namespace: demo}
spec:
  replicas: 3
  selector: {matchLabels: {app: demo}}
  template:
    metadata: {labels: {app: demo}}
    spec:
      containers:
      - name: echo
        image: hashicorp/http-echo:1.0
        ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: demo-cluster-ip-svc, namespace: demo}
spec:
  selector: {app: demo}
  ports: [{port: 8711, targetPort: 8080}]
`;

const NODEPORT = SHORT.replace('spec:\n  selector: {app: demo}', 'spec:\n  type: NodePort\n  selector: {app: demo}')
  .replace('targetPort: 8080}', 'targetPort: 8080, nodePort: 30080}');

/** What the chain walk calls the chains that are open or jumped to. */
const chains = (text) => [...new Set(text.match(/KUBE-(SVC|SEP|EXT)-[A-Z0-9]{16}/g) ?? [])].sort();

describe('the text', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.pause();
    await body(ui);
    await ui.close();
  });

  at('the bare manifest gives the same KUBE-SVC name and other endpoints', async (ui) => {
    await ui.click('button', 'Next draw');
    const before = chains(await ui.text('region', 'Chain walk'));
    await ui.paste(SHORT);
    await ui.pause();
    await ui.page.keyboard.press('Home');
    await ui.click('button', 'Next draw');
    const after = chains(await ui.until('region', 'Chain walk', (text) => {
      const now = chains(text).filter((c) => c.startsWith('KUBE-SEP'));
      return now.length === 3 && now.every((c) => !before.includes(c));
    }));
    const svc = (list) => list.filter((c) => c.startsWith('KUBE-SVC'));
    assert.deepEqual(svc(after), svc(before));
  });

  at('a NodePort is reached from outside by its external chain', async (ui) => {
    await ui.paste(NODEPORT);
    await ui.pause();
    const choose = async (name, pattern) => {
      const select = await ui.get('combobox', name);
      const chosen = await select.evaluate((element, source) => {
        const option = [...element.options].find((o) => new RegExp(source, 'i').test(`${o.value} ${o.label}`));
        if (!option) return [...element.options].map((o) => `${o.value} ${o.label}`).join('\n');
        element.value = option.value;
        element.dispatchEvent(new Event('change', { bubbles: true }));
        return '';
      }, pattern);
      assert.equal(chosen, '', `${name} offers /${pattern}/`);
    };
    await choose('From', 'outside');
    await choose('To', '30080');
    await ui.click('button', 'Send');
    await ui.pause();
    const events = (await ui.events()).join('\n');
    for (const word of ['KUBE-NODEPORTS', 'KUBE-EXT-P7QE5OVRKZMQ43FN', 'KUBE-SVC-P7QE5OVRKZMQ43FN', 'KUBE-POSTROUTING']) {
      assert.ok(events.includes(word), `${word} is part of the story:\n${events}`);
    }
  });

  at('a mistake is told at its line and column, and the last good cluster stays', async (ui) => {
    await ui.click('button', 'Open the YAML editor');
    const before = await ui.text('region', 'Story');
    await ui.fill('textbox', 'Cluster YAML', SHORT.replace('port: 8711', 'port: 871100'));
    await ui.page.waitForFunction(() => document.querySelector('ul[aria-label="Findings"]')?.innerText.includes('line 20, column'));
    const findings = await ui.page.$eval('ul[aria-label="Findings"]', (e) => e.innerText);
    assert.match(findings, /65535/, 'what would do');
    const map = await ui.text('region', 'Cluster map');
    assert.match(map, /Last good cluster/);
    assert.equal(await ui.text('region', 'Story'), before);
    const field = await ui.field('textbox', 'Cluster YAML');
    assert.equal(await field.evaluate((e) => e.getAttribute('aria-invalid')), 'true');
    await ui.fill('textbox', 'Cluster YAML', SHORT);
    await ui.page.waitForFunction(() => !document.querySelector('[role="alert"]'));
  });

  at('broken text breaks nothing', async (ui) => {
    await ui.click('button', 'Open the YAML editor');
    for (const text of ['kind: [', '\tkind: Pod', '{{ .Values.x }}', 'a: *b', 'kind: Service\nspec: 3']) {
      await ui.fill('textbox', 'Cluster YAML', text);
      await ui.until('complementary', 'YAML', (said) => /\d (error|warning|remark)/.test(said));
    }
    await ui.fill('textbox', 'Cluster YAML', SHORT);
    await ui.page.waitForFunction(() => !document.querySelector('[role="alert"]'));
    assert.ok((await ui.cursor()).last > 20, 'and then it walks again');
  });

  at('a Service without pods is refused, and the page says by whom', async (ui) => {
    await ui.paste(SHORT.replace('replicas: 3', 'replicas: 0'));
    await ui.pause();
    const events = (await ui.events()).join('\n');
    assert.match(events, /REJECT|no endpoints/i);
  });
});

// Pictures of the main states, for README and the documents. Each is of a state that was reached and checked.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PHONE, launch, open } from './harness.mjs';

describe('pictures', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  const key = (name) => async (ui) => { await ui.page.keyboard.press('Home'); await ui.page.keyboard.press(name); };
  const dark = { 'prefers-color-scheme': 'dark' };
  const NOBODY = 'apiVersion: v1\nkind: Service\nmetadata: {name: nobody, namespace: demo}\nspec:\n  selector: {app: nobody}\n  ports: [{port: 80}]\n';
  const NODEPORT = ['apiVersion: apps/v1', 'kind: Deployment', 'metadata: {name: web}', 'spec:', '  replicas: 3',
    '  selector: {matchLabels: {app: web}}', '  template:', '    metadata: {labels: {app: web}}', '    spec:',
    '      containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]', '---', 'apiVersion: v1', 'kind: Service',
    'metadata: {name: web}', 'spec:', '  type: NodePort', '  selector: {app: web}', '  ports: [{port: 80, nodePort: 30080}]', ''].join('\n');
  /** From outside to a NodePort, up to where MASQUERADE takes the node's own address. */
  const masquerade = async (ui) => {
    await ui.paste(NODEPORT);
    await ui.until('region', 'Cluster map', (text) => /web/.test(text));
    await ui.pause();
    const choose = async (name, pattern) => (await ui.get('combobox', name)).evaluate((element, source) => {
      element.value = [...element.options].find((o) => new RegExp(source, 'i').test(`${o.value} ${o.label}`)).value;
      element.dispatchEvent(new Event('change', { bubbles: true }));
    }, pattern);
    await choose('From', 'outside');
    await choose('To', '30080');
    await ui.pause();
    await ui.page.keyboard.press('Home');
    for (let i = 0; i < 8; i += 1) {
      if (/MASQUERADE/.test(await ui.text('region', 'Story'))) break;
      await ui.page.keyboard.press('n');
    }
  };
  const refused = async (ui) => {
    await ui.paste(NOBODY);
    await ui.until('region', 'Cluster map', (text) => /nobody/.test(text));
    await ui.pause();
    await ui.page.keyboard.press('End');
  };
  const mistake = async (ui) => {
    if (await ui.has('button', 'Open the YAML editor')) await ui.click('button', 'Open the YAML editor');
    else await ui.click('button', 'YAML');
    const text = await ui.value('textbox', 'Cluster YAML');
    assert.ok(text.includes('port: 8711'));
    await ui.fill('textbox', 'Cluster YAML', text.replace('port: 8711', 'port: 871100'));
    await ui.page.waitForSelector('yaml-editor >>> .cm-lintRange-error');
    await (await ui.field('textbox', 'Cluster YAML')).focus();
    await ui.page.keyboard.press('F8');
    await ui.page.waitForSelector('yaml-editor >>> .cm-tooltip-lint');
  };
  const many = async (ui) => {
    await ui.page.keyboard.press('m');
    await ui.get('button', 'Run again');
  };
  const whatIf = async (ui) => {
    await ui.click('button', 'What if');
    await ui.click('button', 'Scale demo 3 to 4');
    await ui.until('region', 'Story', (text) => text.includes('1/4'));
  };
  const phone = { viewport: PHONE };
  const phoneDark = { viewport: PHONE, media: dark };
  const walk = ['region', 'Chain walk'];
  const story = ['region', 'Story'];
  const shots = [
    ['wide-light-draw', {}, key('d'), walk, /KUBE-SVC/],
    ['wide-dark-draw', { media: dark }, key('d'), walk, /KUBE-SVC/],
    ['wide-light-dnat', {}, key('n'), walk, /DNAT/],
    ['wide-dark-dnat', { media: dark }, key('n'), walk, /DNAT/],
    ['wide-light-delivered', {}, key('End'), story, /./],
    ['wide-dark-delivered', { media: dark }, key('End'), story, /./],
    ['wide-light-masquerade', {}, masquerade, story, /MASQUERADE/],
    ['wide-dark-masquerade', { media: dark }, masquerade, story, /MASQUERADE/],
    ['wide-light-refused', {}, refused, story, /./],
    ['wide-light-error', {}, mistake, ['complementary', 'YAML'], /871100/],
    ['wide-dark-error', { media: dark }, mistake, ['complementary', 'YAML'], /871100/],
    ['wide-light-many', {}, many, story, /luck|chance/],
    ['wide-dark-many', { media: dark }, many, story, /luck|chance/],
    ['wide-light-whatif', {}, whatIf, story, /1\/4/],
    ['wide-dark-whatif', { media: dark }, whatIf, story, /1\/4/],
    ['phone-light-draw', phone, key('d'), walk, /KUBE-SVC/],
    ['phone-dark-dnat', phoneDark, key('n'), walk, /DNAT/],
    ['phone-light-delivered', phone, key('End'), story, /./],
    ['phone-light-error', phone, mistake, ['complementary', 'YAML'], /871100/],
    ['phone-light-whatif', phone, async (ui) => {
      await ui.page.keyboard.press('w');
      await ui.click('button', 'Scale demo 3 to 4');
    }, ['region', 'What changed'], /1\/4/],
    ['phone-light-many', phone, many, story, /luck|chance/],
  ];
  for (const [name, options, reach, where, says] of shots) {
    test(name, async () => {
      const ui = await open(browser, options);
      await ui.pause();
      await reach(ui);
      await ui.until(...where, (text) => says.test(text));
      await ui.picture(name);
      await ui.close();
    });
  }
});

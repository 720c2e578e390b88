// What-ifs: one click edits the YAML, shows what it changes, and is undone; settings likewise.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PHONE, launch, open } from './harness.mjs';

describe('what if', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.pause();
    await body(ui);
    await ui.close();
  });

  at('one click scales, says what changes, and is undone', async (ui) => {
    await ui.click('button', 'What if');
    const list = await ui.text('region', 'What if');
    assert.match(list, /demo\/demo-cluster-ip-svc/);
    await ui.click('button', 'Scale demo 3 to 4');
    const said = await ui.until('region', 'Story', (text) => text.includes('1/4'));
    assert.match(said, /Deployment demo gets one more replica/);
    assert.match(said, /Each endpoint had 1\/3 \(33\.3 %\), and has 1\/4 \(25 %\) now/);
    assert.match(said, /Open connections go on/);
    assert.match(await ui.text('region', 'KUBE-SVC-P7QE5OVRKZMQ43FN'), /1 added, 4 unchanged/);
    assert.match(await ui.text('region', 'Changed YAML'), /8\s+replicas: 4/);
    await ui.click('button', 'Undo');
    await ui.until('region', 'What changed', (text) => text.includes('Nothing has changed yet'));
    await ui.click('button', 'Redo');
    await ui.until('region', 'What changed', (text) => text.includes('1/4'));
    await ui.click('button', 'Back to the walk');
    await ui.get('region', 'Chain walk');
  });

  at('a killed pod loses its connections, an unready one does not', async (ui) => {
    await ui.click('button', 'What if');
    await ui.click('button', 'Kill it');
    await ui.until('region', 'Open connections', (text) => text.includes('lost'));
    const killed = await ui.text('region', 'Story');
    assert.match(killed, /Open connections go on, but not that to demo-5f7b8c9d64-\w+/);
    await ui.click('button', 'Undo');
    await ui.until('region', 'What changed', (text) => text.includes('Nothing has changed yet'));
    await ui.click('button', 'Make it unready');
    const unready = await ui.until('region', 'Story', (text) => text.includes('fails its readiness probe'));
    assert.match(unready, /conntrack keeps their endpoint/);
  });

  at('an edit by hand is compared, too, and the editor marks what a click wrote', async (ui) => {
    await ui.click('button', 'What if');
    await ui.click('button', 'ClientIP affinity');
    await ui.until('region', 'What changed', (text) => text.includes('recent'));
    await ui.click('button', 'show in the editor');
    await ui.page.waitForFunction(() => {
      const rich = document.querySelector('yaml-editor')?.shadowRoot?.querySelector('.cm-changed');
      return rich?.textContent.includes('sessionAffinity: ClientIP');
    });
  });

  at('Ctrl+Z in the editor undoes what a click wrote', async (ui) => {
    await ui.click('button', 'Open the YAML editor');
    const before = await ui.value('textbox', 'Cluster YAML');
    await ui.click('button', 'What if');
    await ui.click('button', 'ClientIP affinity');
    await ui.page.waitForSelector('yaml-editor >>> .cm-changed');
    const field = await ui.field('textbox', 'Cluster YAML');
    await field.focus();
    await ui.page.keyboard.down('Control');
    await ui.page.keyboard.press('z');
    await ui.page.keyboard.up('Control');
    await ui.page.waitForFunction(() => !document.querySelector('yaml-editor').value.includes('sessionAffinity'));
    assert.equal(await ui.value('textbox', 'Cluster YAML'), before);
  });

  at('another version of kube-proxy is chosen, typed, and says whom it stands for', async (ui) => {
    await ui.click('button', 'Settings: kube-proxy v1.30');
    await ui.get('dialog', 'Settings');
    await ui.click('button', 'v1.20');
    await ui.get('button', 'Settings: kube-proxy v1.20');
    const typed = await ui.get('textbox', 'Another version');
    await typed.evaluate((field) => {
      field.value = '1.28';
      field.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await ui.until('dialog', 'Settings', (text) => text.includes('The rules of v1.28 are shown as v1.30 wrote them'));
    await ui.page.keyboard.press('Escape');
    await ui.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label')?.startsWith('Settings'));
  });

  at('by keyboard alone: open, take, undo, back', async (ui) => {
    await ui.page.keyboard.press('w');
    await ui.get('region', 'What if');
    const offer = await ui.get('button', 'Selector matches nothing');
    await offer.focus();
    await ui.page.keyboard.press('Enter');
    await ui.until('region', 'Story', (text) => text.includes('No endpoint is reached any more'));
    await ui.page.evaluate(() => document.activeElement?.blur());
    await ui.page.keyboard.press('u');
    await ui.until('region', 'What changed', (text) => text.includes('Nothing has changed yet'));
    await ui.page.keyboard.press('Escape');
    await ui.get('region', 'Chain walk');
  });

  at('on a phone the list and what it came to stand under each other', async (ui) => {
    await ui.click('button', 'What if');
    await ui.click('button', 'masqueradeAll: true');
    await ui.until('region', 'What changed', (text) => text.includes('KubeProxyConfiguration'));
    const wide = await ui.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `nothing is wider than the phone, by ${wide}`);
  }, { viewport: PHONE });
});

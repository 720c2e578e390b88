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
  const shots = [
    ['wide-light-draw', {}, key('d'), /KUBE-SVC/],
    ['wide-dark-draw', { media: dark }, key('d'), /KUBE-SVC/],
    ['wide-light-dnat', {}, key('n'), /DNAT/],
    ['wide-dark-dnat', { media: dark }, key('n'), /DNAT/],
    ['wide-light-delivered', {}, key('End'), /./],
    ['phone-light-draw', { viewport: PHONE }, key('d'), /KUBE-SVC/],
    ['phone-dark-dnat', { viewport: PHONE, media: dark }, key('n'), /DNAT/],
    ['wide-light-refused', {}, async (ui) => {
      await ui.paste('apiVersion: v1\nkind: Service\nmetadata: {name: nobody, namespace: demo}\nspec:\n  selector: {app: nobody}\n  ports: [{port: 80}]\n');
      await ui.pause();
      await ui.page.keyboard.press('End');
    }, /./],
    ['wide-light-error', {}, async (ui) => {
      await ui.click('button', 'Open the YAML editor');
      const text = await ui.value('textbox', 'Cluster YAML');
      assert.ok(text.includes('port: 8711'));
      await ui.fill('textbox', 'Cluster YAML', text.replace('port: 8711', 'port: 871100'));
      await ui.page.waitForSelector('[role="alert"]');
    }, /./],
  ];
  const scale = async (ui) => {
    await ui.page.keyboard.press('w');
    await ui.click('button', 'Scale demo 3 to 2');
  };
  const half = /0\.50000000000/;
  shots.push(
    ['wide-light-whatif', {}, scale, half, 'What changed'],
    ['wide-dark-whatif', { media: dark }, scale, half, 'What changed'],
    ['phone-light-whatif', { viewport: PHONE }, scale, half, 'What changed'],
  );
  for (const [name, options, reach, says, region = 'Chain walk'] of shots) {
    test(name, async () => {
      const ui = await open(browser, options);
      await ui.pause();
      await reach(ui);
      await ui.until('region', region, (text) => says.test(text));
      await ui.picture(name);
      await ui.close();
    });
  }
});

// Measures the page for `cargo xtask bench`: prints `ready MS` and `edit MS`, each a median.
import { launch, open } from './harness.mjs';

const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];

const browser = await launch();
const ready = [];
for (let i = 0; i < 5; i += 1) {
  const ui = await open(browser);
  ready.push(await ui.page.evaluate(() => performance.getEntriesByName('chainwalk:ready')[0].startTime));
  await ui.close();
}
console.log('ready', median(ready).toFixed(1));

const ui = await open(browser);
await ui.pause();
await ui.click('button', 'Open the YAML editor');
const text = await ui.value('textbox', 'Cluster YAML');
// The first edits pay for what is made once; they are typed and not counted.
for (let i = 0; i < 26; i += 1) {
  await ui.fill('textbox', 'Cluster YAML', text.replace('replicas: 3', i % 2 ? 'replicas: 3' : 'replicas: 2'));
  await ui.page.waitForFunction((n) => performance.getEntriesByName('chainwalk:edit').length > n, {}, i);
}
const edits = await ui.page.evaluate(() => performance.getEntriesByName('chainwalk:edit').map((e) => e.duration));
console.log('edit', median(edits.slice(5)).toFixed(2));
await ui.close();
await browser.close();

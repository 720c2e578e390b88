// Measures the page for `cargo xtask bench`: prints `ready MS`, `edit MS`, `large MS` and `longest MS`, the
// first two medians. CHAINWALK_LARGE names a manifest of 1,000 Services.
import { readFileSync } from 'node:fs';
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

// A large cluster: how long it takes, and the longest that the page's thread is held up meanwhile.
const text1000 = readFileSync(process.env.CHAINWALK_LARGE, 'utf8');
const large = await open(browser);
await large.page.waitForFunction(() => performance.getEntriesByName('chainwalk:live').length > 0);
await large.pause();
await large.page.evaluate(() => {
  globalThis.tasks = [0];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: 'longtask' });
  globalThis.pasted = performance.now();
});
await large.paste(text1000);
await large.until('region', 'Story', (story) => story.includes('10.97.'));
// A task that ends with the last frame is told of after it.
const [took, longest] = await large.page.evaluate(async () => {
  const took = performance.now() - globalThis.pasted;
  await new Promise((wake) => setTimeout(wake, 200));
  return [took, Math.max(...globalThis.tasks)];
});
console.log('large', took.toFixed(0));
console.log('longest', longest.toFixed(0));
await large.close();
await browser.close();

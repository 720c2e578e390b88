// The program comes in two files: the demo needs the first alone, and what needs the second gets it.
// Where the first of these fails for want of time, the page has changed: `cargo xtask first-view`.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, open } from './harness.mjs';

/** The demo as a person would write it, at a port that the demo doesn't have. */
const OTHER = `apiVersion: apps/v1
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
  ports: [{port: 9911, targetPort: 8080}]
`;

/** Lets only such requests for the second file through as `allows` says, and lists their kinds. */
function rest(allows) {
  const asked = [];
  const prepare = async (page) => {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (!/-rest-[0-9a-f]+\.wasm$/.test(request.url())) return request.continue();
      asked.push(request.resourceType());
      return allows(request.resourceType()) ? request.continue() : request.abort();
    });
  };
  return { asked, prepare };
}

/** Takes out what the browser itself says of the requests that were refused above. */
function forgive(ui) {
  const kept = ui.trouble.filter((text) => !text.includes('net::ERR_FAILED'));
  ui.trouble.splice(0, ui.trouble.length, ...kept);
}

describe('the two files', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  test('the demo plays without the second', async () => {
    const { asked, prepare } = rest(() => false);
    const ui = await open(browser, { prepare });
    const { at: first } = await ui.cursor();
    const moved = (first) => Number(document.querySelector('[role="slider"]').getAttribute('aria-valuenow')) !== first;
    await ui.page.waitForFunction(moved, { timeout: 30_000 }, first);
    await ui.pause();
    await ui.click('button', 'Step');
    await ui.click('button', 'Back');
    await ui.click('button', 'Next draw');
    assert.ok(asked.every((kind) => kind === 'fetch'), `nothing waited for it: ${asked}`);
    forgive(ui);
    await ui.close();
  });

  test('the second is fetched once the first view is there', async () => {
    const { asked, prepare } = rest(() => true);
    const ui = await open(browser, { prepare });
    const deadline = Date.now() + 30_000;
    while (asked.length === 0 && Date.now() < deadline) {
      await ui.page.evaluate(() => new Promise((wake) => setTimeout(wake, 50)));
    }
    assert.deepEqual(asked, ['fetch']);
    await ui.close();
  });

  test('what needs it before it was fetched waits for it', async () => {
    const { asked, prepare } = rest((kind) => kind === 'xhr');
    const ui = await open(browser, { prepare });
    await ui.pause();
    await ui.paste(OTHER);
    await ui.until('region', 'Story', (text) => text.includes(':9911'));
    assert.ok(asked.includes('xhr'), `${asked}`);
    forgive(ui);
    await ui.close();
  });

  test('without it the page says so', async () => {
    const { prepare } = rest(() => false);
    const ui = await open(browser, { prepare });
    await ui.pause();
    await ui.paste(OTHER);
    const notice = await ui.page.waitForSelector('[role="alert"]');
    const text = await notice.evaluate((element) => element.textContent);
    assert.match(text, /could not be loaded/);
    ui.trouble.splice(0);
    await ui.close();
  });
});

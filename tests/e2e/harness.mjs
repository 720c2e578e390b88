// A browser, a page in it, and ways to find things as a person would: by role and name.
// Where the page is, CHAINWALK_URL says; which browsers, CHROMIUM and FIREFOX.
import { createServer } from 'node:http';
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';

export const URL_OF_PAGE = process.env.CHAINWALK_URL ?? 'http://127.0.0.1:8080/';
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Longer than anything takes on a busy machine; a state that never comes fails with its name. */
const PATIENCE = 30_000;

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

export function launch() {
  return puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    // Root has no sandbox; the rest keeps the browser from asking the network for anything.
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/** The other engine. It speaks WebDriver BiDi, which can't pretend a phone or a colour scheme. */
export function launchFirefox() {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX,
    headless: true,
    // It starts slowly beside a compiler.
    timeout: 90_000,
    extraPrefsFirefox: { 'ui.prefersReducedMotion': 1, 'ui.systemUsesDarkTheme': 0 },
  });
}

/** A page that shows the walking demo, or whatever `prepare` made of it before it loaded. */
export async function open(browser, { viewport = WIDE, media = {}, prepare, url = URL_OF_PAGE, keeps = false } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const trouble = [];
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') trouble.push(message.text());
  });
  await page.setViewport(viewport);
  const emulates = !(await browser.version()).startsWith('firefox');
  if (emulates) await page.emulateMediaFeatures(
    Object.entries({ 'prefers-color-scheme': 'light', 'prefers-reduced-motion': 'reduce', ...media })
      .map(([name, value]) => ({ name, value })),
  );
  // Puppeteer waits by evaluating text in the page, which the site's policy forbids; a question from outside is none.
  page.waitForFunction = (fn, { timeout = PATIENCE } = {}, ...args) => asked(page, fn, timeout, args);
  // Every test has a fresh browser, which would keep the whole site for later each time; offline.test.mjs lets it.
  if (!keeps) await page.evaluateOnNewDocument(() => { delete Navigator.prototype.serviceWorker; });
  await prepare?.(page);
  await page.goto(url);
  await page.waitForFunction(() => performance.getEntriesByName('chainwalk:ready').length > 0, { timeout: PATIENCE });
  return {
    page,
    trouble,
    /** The one thing with this role and name. */
    async get(role, name) {
      return page.locator(aria(role, name)).setTimeout(PATIENCE).waitHandle();
    },
    /** Whether there is such a thing now. */
    async has(role, name) {
      return (await page.$(aria(role, name))) !== null;
    },
    async click(role, name) {
      await page.locator(aria(role, name)).setTimeout(PATIENCE).click();
    },
    async text(role, name) {
      const handle = await this.get(role, name);
      return handle.evaluate((element) => element.innerText);
    },
    /** Types into a field what then stands there alone. */
    async fill(role, name, value) {
      const handle = await this.field(role, name);
      await handle.evaluate((element, text) => {
        const editor = element.getRootNode().host;
        if (editor) {
          editor.value = text;
          return;
        }
        const kind = element instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
        Object.getOwnPropertyDescriptor(kind.prototype, 'value').set.call(element, text);
        element.dispatchEvent(new InputEvent('input', { bubbles: true }));
      }, value);
    },
    /** What stands in a field. */
    async value(role, name) {
      const handle = await this.field(role, name);
      return handle.evaluate((element) => (element.getRootNode().host ?? element).value);
    },
    /** A field, once what is on its way to take its place has come. */
    async field(role, name) {
      await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'), { timeout: PATIENCE });
      // Over WebDriver BiDi a search by role and name does not look into a shadow root.
      const inside = await page.$(`yaml-editor >>> [role="${role}"][aria-label="${name}"]`);
      return inside ?? this.get(role, name);
    },
    /** Pastes text as the person's clipboard would. */
    async paste(text) {
      await page.evaluate((text) => {
        const data = new DataTransfer();
        data.setData('text/plain', text);
        // Firefox takes the text by itself, the others take the whole transfer.
        const firefox = { data: text, dataType: 'text/plain' };
        window.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, ...firefox, bubbles: true, cancelable: true }));
      }, text);
    },
    /** Waits until what a region says fulfils a condition, and gives it. */
    async until(role, name, says) {
      const deadline = Date.now() + PATIENCE;
      let last = '';
      for (;;) {
        last = await this.text(role, name);
        if (says(last)) return last;
        assert.ok(Date.now() < deadline, `${role} "${name}" never said it; it said:\n${last}`);
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
    },
    /** Which event the cursor is at, and how many there are. */
    async cursor() {
      const slider = await this.get('slider', 'Event');
      return slider.evaluate((element) => ({
        at: Number(element.getAttribute('aria-valuenow')),
        last: Number(element.getAttribute('aria-valuemax')),
        first: Number(element.getAttribute('aria-valuemin')),
      }));
    },
    async pause() {
      // A new walk begins by itself, so whatever is still awaited has to come first.
      await page.waitForFunction(() => document.querySelector('.app:not([data-waits])'), { timeout: PATIENCE });
      if (await this.has('button', 'Pause')) await this.click('button', 'Pause');
      await this.get('button', 'Play');
    },
    /** The walk as its ordered list of events tells it. */
    async events() {
      const list = await page.$('ol[aria-label="Events of this walk"]');
      assert.ok(list, 'the ordered list of events is there');
      return list.$$eval(':scope > li', (items) => items.map((item) => item.textContent.trim()));
    },
    /** Waits until two frames in a row look alike, and keeps the picture for the documents. */
    async picture(name) {
      await page.evaluate(async () => {
        await document.fonts.ready;
        await Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {})));
      });
      const dir = join(ROOT, 'docs/screenshots');
      mkdirSync(dir, { recursive: true });
      await page.screenshot({ path: join(dir, `${name}.png`) });
    },
    async close() {
      assert.deepEqual(trouble, [], 'the page said nothing on the console');
      await context.close();
    },
  };
}

/** Asks the page once a frame until it says yes. */
async function asked(page, fn, timeout, args) {
  const deadline = Date.now() + timeout;
  for (;;) {
    // An element is an answer too, though it can't be told as a value.
    const said = await page.evaluateHandle(fn, ...args);
    if (await said.evaluate((value) => Boolean(value))) return;
    assert.ok(Date.now() < deadline, `it never came true: ${fn}`);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

function aria(role, name) {
  if (!name) return `::-p-aria([role="${role}"])`;
  const quoted = String(name).replaceAll('"', '\\"');
  return `::-p-aria([name="${quoted}"][role="${role}"])`;
}

/** The same page from a server of its own, which waits, adds headers, changes what it gives out or refuses it; in the browser that would also stop the worker. */
export async function behind({ headers = {}, wait = async () => {}, change = (_, bytes) => bytes, refuse = () => false }) {
  const server = createServer(async (request, response) => {
    await wait(request.url);
    if (refuse(request.url)) {
      response.writeHead(503).end();
      return;
    }
    const answer = await fetch(new URL(request.url.slice(1), URL_OF_PAGE));
    response.writeHead(answer.status, { 'Content-Type': answer.headers.get('content-type') ?? 'text/plain', ...headers });
    response.end(change(request.url, Buffer.from(await answer.arrayBuffer())));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  // A test that fails before it ends the server must not keep the others waiting.
  server.unref();
  return { url: `http://127.0.0.1:${server.address().port}/`, end: () => { server.closeAllConnections(); server.close(); } };
}

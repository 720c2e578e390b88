// A link made on one page and opened on another shows the same; what is none, or means harm, does nothing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { URL_OF_PAGE, launch, launchFirefox, open } from './harness.mjs';

const PATIENCE = { timeout: 30_000 };

const state = async (ui) => ({
  cursor: await ui.cursor(),
  events: await ui.events(),
  from: await (await ui.get('combobox', 'From')).evaluate((e) => e.value),
  to: await (await ui.get('combobox', 'To')).evaluate((e) => e.value),
  seed: await (await ui.get('textbox', 'Seed')).evaluate((e) => e.value),
});

/** Another question, one more connection, and a moment in the middle. */
const prepared = async (ui) => {
  await ui.pause();
  const select = await ui.get('combobox', 'From');
  await select.evaluate((e) => { e.value = 'outside'; e.dispatchEvent(new Event('change', { bubbles: true })); });
  await ui.until('region', 'Story', (text) => text.includes('client outside sends'));
  await ui.click('button', 'Another connection');
  await ui.page.waitForFunction(() => document.querySelectorAll('nav[aria-label="Conversation"] ol > li').length === 2);
  await ui.pause();
  await ui.page.keyboard.press('Home');
  await ui.page.keyboard.press('n');
  return state(ui);
};

/** Opens the dialog and gives the link it makes. */
const made = async (ui) => {
  await ui.click('button', 'Share');
  await ui.get('dialog', 'Share');
  return field(ui);
};

/** The link in the dialog, once it is there. */
const field = async (ui) => {
  await ui.page.waitForSelector('input[aria-label="Link"]', PATIENCE);
  return ui.page.$eval('input[aria-label="Link"]', (e) => e.value);
};

const settled = (ui) => ui.page.waitForFunction(
  () => document.querySelector('.app:not([data-waits])') && document.querySelector('[role="slider"][aria-label="Event"]'),
  PATIENCE,
);

for (const [name, start] of [['Chromium', launch], ['Firefox', launchFirefox]]) {
  const skip = name === 'Firefox' && !process.env.FIREFOX ? 'there is no Firefox' : false;
  describe(`a link in ${name}`, { skip }, () => {
    let browser;
    before(async () => { browser = await start(); });
    after(async () => { await browser.close(); });

    test('shows the same moment of the same walk in a fresh profile', async () => {
      const ui = await open(browser);
      const was = await prepared(ui);
      const link = await made(ui);
      await ui.close();
      assert.ok(link.startsWith(`${URL_OF_PAGE}#view=`), link);
      const other = await open(browser, { url: link });
      await settled(other);
      assert.deepEqual(await state(other), was);
      assert.ok(await other.has('button', 'Play'), 'it stands still');
      await other.close();
    });
  });
}

describe('links', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await body(ui);
    await ui.close();
  });

  at('an Edit link opens with the YAML, a View link without', async (ui) => {
    await ui.pause();
    const view = await made(ui);
    await ui.click('button', 'Edit');
    await ui.page.waitForFunction(() => document.querySelector('input[aria-label="Link"]')?.value.includes('#edit='), PATIENCE);
    const edit = await field(ui);
    for (const [link, opened] of [[view, false], [edit, true]]) {
      const other = await open(browser, { url: link });
      await settled(other);
      assert.equal(await other.has('button', 'Close the YAML editor'), opened, link.slice(0, 40));
      await other.close();
    }
  });

  at('the dialog says what is in it, copies it, and gives the keyboard back', async (ui) => {
    await ui.pause();
    await browser.defaultBrowserContext().overridePermissions(new URL(URL_OF_PAGE).origin, ['clipboard-write', 'clipboard-read']).catch(() => {});
    const link = await made(ui);
    const said = await ui.text('dialog', 'Share');
    assert.match(said, /\d+ lines of YAML/);
    assert.match(said, /names: .*demo-cluster-ip-svc/s);
    assert.match(said, /addresses: .*10\.43\.169\.48/s);
    assert.match(said, new RegExp(`${link.length.toLocaleString('en')} characters`));
    await ui.page.evaluate(() => {
      Object.defineProperty(navigator, 'clipboard', { value: { writeText: (text) => { window.copied = text; return Promise.resolve(); } } });
    });
    await ui.click('button', 'Copy link');
    await ui.page.waitForFunction(() => document.querySelector('[role=dialog] [role=status]').textContent === 'Copied.');
    assert.equal(await ui.page.evaluate(() => window.copied), link);
    await ui.page.keyboard.press('Escape');
    await ui.page.waitForFunction(() => document.activeElement.getAttribute('aria-label') === 'Share');
  });

  at('names and addresses can be replaced first', async (ui) => {
    await ui.pause();
    await ui.page.keyboard.press('n');
    const was = await ui.cursor();
    await made(ui);
    await ui.click('checkbox', 'Replace names and addresses');
    await ui.until('dialog', 'Share', (text) => text.includes('the walk is the same, step for step'));
    const said = await ui.text('dialog', 'Share');
    assert.ok(!said.includes('demo-cluster-ip-svc'), said);
    const other = await open(browser, { url: await field(ui) });
    await settled(other);
    assert.deepEqual(await other.cursor(), was);
    const page = await other.page.evaluate(() => document.body.innerText);
    assert.ok(!page.includes('demo-'), 'no name of it is on the page');
    await other.close();
  });

  at('a long one says so and is given as a file', async (ui) => {
    await ui.pause();
    let seed = 1;
    const word = () => { seed = (seed * 48271) % 2147483647; return seed.toString(36); };
    const long = Array.from({ length: 150 }, () => `kind: Service\napiVersion: v1\nmetadata: {name: s${word()}, namespace: n${word()}}\nspec: {selector: {app: ${word()}x}, ports: [{port: 80}]}\n`).join('---\n');
    await ui.paste(long);
    await settled(ui);
    await made(ui);
    await ui.until('dialog', 'Share', (text) => text.includes('Mail programs cut links beyond 2,000'));
    await ui.page.evaluate(() => {
      const made = URL.createObjectURL;
      URL.createObjectURL = (blob) => { blob.text().then((text) => { window.saved = text; }); return made.call(URL, blob); };
    });
    await ui.click('button', 'Save as a file');
    await ui.page.waitForFunction(() => window.saved, PATIENCE);
    const file = await ui.page.evaluate(() => window.saved);
    assert.match(file, /^#view=[\w-]+\n$/);
    // Whoever gets the file can paste what is in it.
    const other = await open(browser);
    await other.paste(file);
    await other.page.waitForFunction(() => document.querySelector('[aria-label="To"]').options.length > 50, PATIENCE);
    await settled(other);
    await other.click('button', 'Open the YAML editor');
    assert.match(await other.value('textbox', 'Cluster YAML'), /metadata: {name: s/);
    await other.close();
  });

  at('a link in the address bar of an open page is followed, and undone', async (ui) => {
    await ui.pause();
    const link = await made(ui);
    await ui.page.keyboard.press('Escape');
    await ui.paste('kind: Service\napiVersion: v1\nmetadata: {name: other}\nspec: {ports: [{port: 80}]}\n');
    await ui.page.waitForFunction(() => document.querySelector('[aria-label="To"]').textContent.includes('other'), PATIENCE);
    await ui.page.evaluate((hash) => { location.hash = hash; }, new URL(link).hash);
    await ui.page.waitForFunction(() => document.querySelector('[aria-label="To"]').textContent.includes('demo-cluster-ip-svc'), PATIENCE);
    await ui.page.keyboard.press('u');
    await ui.page.waitForFunction(() => document.querySelector('[aria-label="To"]').textContent.includes('other'), PATIENCE);
  });

  at('a reload keeps what became of a link', async (ui) => {
    await ui.pause();
    const link = await made(ui);
    const other = await open(browser, { url: link });
    await settled(other);
    await other.page.keyboard.press('End');
    const was = await other.cursor();
    await other.page.reload();
    await settled(other);
    assert.deepEqual(await other.cursor(), was);
    assert.equal(other.page.url(), link);
    await other.close();
  });

  test('a broken link is told and the demo plays', async () => {
    for (const [fragment, says] of [
      ['view=AXja', 'This link is damaged'],
      ['edit=%3Cscript%3E', 'a character that no link has'],
      ['view=AnjaS0zPT1XITkzLzEvPBwA', 'made by a newer Chainwalk'],
      [`view=${packed(Buffer.alloc(10 << 20))}`, 'larger than a link may be'],
    ]) {
      const ui = await open(browser, { url: `${URL_OF_PAGE}#${fragment}` });
      const said = await ui.page.waitForSelector('[role=alert]', PATIENCE);
      assert.ok((await said.evaluate((e) => e.textContent)).includes(says), fragment.slice(0, 40));
      assert.ok(await ui.has('slider', 'Event'), 'the demo is there');
      await ui.click('button', 'Dismiss');
      await ui.page.waitForFunction(() => !document.querySelector('[role=alert]'));
      await ui.close();
    }
  });

  test('a hostile link shows its names and does nothing else', async () => {
    const ui = await open(browser);
    await ui.pause();
    const script = '<img src=x onerror=window.harmed=1><script>window.harmed=1</script>';
    await ui.paste(`# ${script}\nkind: Service\napiVersion: v1\nmetadata: {name: web, annotations: {a: "${script}"}}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: a, image: "javascript:alert(1)"}]}\n`);
    await ui.page.waitForFunction(() => document.querySelector('[aria-label="To"]').textContent.includes('web'), PATIENCE);
    await settled(ui);
    await ui.page.select('select[aria-label="To"]', '…');
    await ui.page.waitForSelector('input[aria-label="To address"]');
    await ui.fill('textbox', 'To address', script);
    await ui.page.$eval('input[aria-label="To address"]', (e) => e.dispatchEvent(new Event('change', { bubbles: true })));
    await ui.page.waitForSelector('.app:not([data-waits])', PATIENCE);
    const link = await made(ui);
    await ui.close();
    const asked = [];
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('dialog', () => asked.push('a dialog'));
    await page.goto(link);
    await page.waitForFunction(() => document.body.innerText.includes('onerror') && document.querySelector('.app:not([data-waits])'), PATIENCE);
    assert.equal(await page.evaluate(() => window.harmed), undefined);
    assert.equal(await page.$('img, .app script'), null);
    assert.deepEqual(asked.filter((url) => !url.startsWith(URL_OF_PAGE)), [], 'nothing is asked of anybody else');
    await context.close();
  });
});

/** A payload with these bytes in it. */
function packed(bytes) {
  return Buffer.concat([Buffer.from([1]), deflateSync(bytes, { level: 9 })]).toString('base64url');
}

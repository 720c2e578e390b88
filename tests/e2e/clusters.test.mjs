// Nothing is lost: saved clusters, other tabs, crashes, and a browser that keeps nothing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { URL_OF_PAGE, WIDE, launch, open } from './harness.mjs';

const PATIENCE = { timeout: 30_000 };
const cluster = (name) => `kind: Service\napiVersion: v1\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80}]}\n`;

/** Waits until the page walks towards a Service. */
const shows = (page, name) => page.waitForFunction(
  (name) => document.querySelector('.app:not([data-waits])') && document.querySelector('[aria-label="To"]')?.textContent.includes(name),
  PATIENCE, name,
);
const panel = async (ui) => {
  if (await ui.has('button', 'Open the YAML editor')) await ui.click('button', 'Open the YAML editor');
  await ui.click('button', 'Clusters');
  await ui.get('dialog', 'Clusters');
};
const saveAs = async (ui, name) => {
  await panel(ui);
  await ui.fill('textbox', 'Name', name);
  await ui.click('button', 'Save');
  await ui.until('dialog', 'Clusters', (text) => text.includes('Saved as'));
};

/** A second tab in the same profile. */
const tab = async (ui, url = URL_OF_PAGE) => {
  const page = await ui.page.browserContext().newPage();
  await page.setViewport(WIDE);
  await page.goto(url);
  await page.waitForFunction(() => performance.getEntriesByName('chainwalk:ready').length > 0, PATIENCE);
  return page;
};

describe('clusters', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.pause();
    await body(ui);
    await ui.close();
  });

  at('are saved under names, opened, renamed, deleted and taken back', async (ui) => {
    await ui.paste(cluster('first'));
    await shows(ui.page, 'first');
    await saveAs(ui, 'One');
    await ui.page.keyboard.press('Escape');
    await ui.paste(cluster('second'));
    await shows(ui.page, 'second');
    await panel(ui);
    await ui.click('button', 'Open One');
    await shows(ui.page, 'first');
    await panel(ui);
    await ui.click('button', 'Rename One');
    await ui.fill('textbox', 'New name for One', 'Uno');
    await ui.page.$eval('input[aria-label="New name for One"]', (e) => e.dispatchEvent(new Event('change', { bubbles: true })));
    await ui.click('button', 'Delete Uno');
    await ui.until('dialog', 'Clusters', (text) => text.includes('“Uno” is deleted') && text.includes('Nothing yet'));
    await ui.click('button', 'Undo');
    await ui.get('button', 'Open Uno');
    // Another cluster doesn't take an old one's name.
    await ui.page.keyboard.press('Escape');
    await ui.paste(cluster('third'));
    await shows(ui.page, 'third');
    await ui.page.keyboard.press('u');
    await shows(ui.page, 'first');
  });

  at('two tabs keep their own work, and see what the other one saves', async (ui) => {
    await ui.paste(cluster('left'));
    await shows(ui.page, 'left');
    const other = await tab(ui);
    await other.bringToFront();
    await other.evaluate((text) => {
      const data = new DataTransfer();
      data.setData('text/plain', text);
      window.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    }, cluster('right'));
    await shows(other, 'right');
    await ui.page.bringToFront();
    await saveAs(ui, 'Mine');
    await other.bringToFront();
    await other.evaluate(() => document.querySelector('[aria-label="Open the YAML editor"]').click());
    await other.waitForSelector('.clusters-open');
    await other.evaluate(() => document.querySelector('.clusters-open').click());
    await other.waitForSelector('button[aria-label="Open Mine"]', PATIENCE);
    // A save under a taken name stands beside it.
    await other.evaluate(() => {
      const field = document.querySelector('#save-name');
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, 'Mine');
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    });
    await other.waitForSelector('.save-as button:not([disabled])');
    await other.evaluate(() => document.querySelector('.save-as button').click());
    await other.waitForSelector('button[aria-label="Open Mine (2)"]', PATIENCE);
    await ui.page.bringToFront();
    await ui.get('button', 'Open Mine (2)');
    for (const [page, name] of [[ui.page, 'left'], [other, 'right']]) {
      // What is out of sight isn't drawn.
      await page.bringToFront();
      await page.reload();
      await shows(page, name);
    }
  });

  at('a tab that is gone without a word is found again', async (ui) => {
    await ui.paste(cluster('lost'));
    await shows(ui.page, 'lost');
    await ui.page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith('chainwalk.draft.')), PATIENCE);
    const session = await ui.page.createCDPSession();
    const other = await tab(ui);
    session.send('Page.crash').catch(() => {});
    await other.bringToFront();
    await other.evaluate(() => document.querySelector('[aria-label="Open the YAML editor"]').click());
    await other.waitForSelector('.clusters-open');
    await other.evaluate(() => document.querySelector('.clusters-open').click());
    await other.waitForSelector('[aria-labelledby="drafts"] button', PATIENCE);
    await other.evaluate(() => document.querySelector('[aria-labelledby="drafts"] button').click());
    await shows(other, 'lost');
  });

  at('go into a file and come back from it', async (ui) => {
    await saveAs(ui, 'Demo');
    await ui.page.evaluate(() => {
      const made = URL.createObjectURL;
      URL.createObjectURL = (blob) => { blob.text().then((text) => { window.saved = text; }); return made.call(URL, blob); };
    });
    await ui.click('button', 'Export all');
    await ui.page.waitForFunction(() => window.saved, PATIENCE);
    const file = await ui.page.evaluate(() => window.saved);
    const other = await open(browser);
    await drop(other.page, [['clusters.chainwalk', file]]);
    await other.get('button', 'Open Demo');
    await other.until('dialog', 'Clusters', (text) => text.includes('1 cluster brought in'));
    await other.close();
  });

  at('several dropped files are one cluster', async (ui) => {
    await drop(ui.page, [['a.yaml', cluster('alpha')], ['b.yaml', `---\n${cluster('beta')}`]]);
    await shows(ui.page, 'alpha');
    await shows(ui.page, 'beta');
    await ui.click('button', 'Open the YAML editor');
    assert.match(await ui.value('textbox', 'Cluster YAML'), /^--- # a\.yaml\n[^]*\n--- # b\.yaml\n/);
  });

  at('a broken text is kept with the last good cluster', async (ui) => {
    await ui.paste(cluster('good'));
    await shows(ui.page, 'good');
    await ui.click('button', 'Open the YAML editor');
    await ui.fill('textbox', 'Cluster YAML', 'kind: [');
    await ui.page.waitForSelector('[role="alert"], .findings .tone-error', PATIENCE);
    await ui.page.reload();
    await shows(ui.page, 'good');
    assert.equal(await ui.value('textbox', 'Cluster YAML'), 'kind: [');
  });

  at('where the browser keeps nothing that is said, and the rest works', async (ui) => {
    await ui.paste(cluster('web'));
    await shows(ui.page, 'web');
    await ui.page.waitForFunction(() => document.body.innerText.includes('The browser keeps nothing of this page'), PATIENCE);
    await ui.click('button', 'Dismiss');
    await panel(ui);
    await ui.fill('textbox', 'Name', 'Mine');
    await ui.click('button', 'Save');
    await ui.until('dialog', 'Clusters', (text) => text.includes('The browser refused to keep that'));
  }, {
    prepare: (page) => page.evaluateOnNewDocument(() => {
      Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
    }),
  });
});

/** Drops files on the page. */
function drop(page, files) {
  return page.evaluate((files) => {
    const data = new DataTransfer();
    for (const [name, text] of files) data.items.add(new File([text], name));
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, files);
}

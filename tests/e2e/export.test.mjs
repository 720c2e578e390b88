// Exports: every picture as SVG and PNG, the story as text and Markdown. The files are opened as a reader would.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { behind, launch, open } from './harness.mjs';

const PICTURES = [['The line', 'chainwalk-line'], ['Cluster map', 'chainwalk-map'], ['The draw', 'chainwalk-draw']];

describe('exports', () => {
  let browser;
  let dir;
  before(async () => {
    browser = await launch();
    dir = mkdtempSync(join(tmpdir(), 'chainwalk-'));
  });
  after(async () => {
    await browser.close();
    rmSync(dir, { recursive: true });
  });

  async function openPanel(options = {}) {
    const ui = await open(browser, options);
    const client = await ui.page.createCDPSession();
    const session = await ui.page.browserContext();
    await client.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: dir, browserContextId: session.id });
    await ui.pause();
    await ui.click('button', 'Next draw');
    await ui.click('button', 'Pictures and story');
    await ui.get('dialog', 'Pictures and story');
    return ui;
  }

  /** Presses a button and gives the file that comes of it. */
  async function saved(ui, button, file) {
    rmSync(join(dir, file), { force: true });
    const deadline = Date.now() + 30_000;
    // The script that makes the files may still be on its way.
    for (;;) {
      await ui.click('button', button);
      for (let i = 0; i < 30; i += 1) {
        if (readdirSync(dir).includes(file)) return readFileSync(join(dir, file));
        await ui.page.evaluate(() => new Promise(requestAnimationFrame));
      }
      assert.ok(Date.now() < deadline, `${file} never came: ${await ui.page.$eval('dialog output, [role="dialog"] output', (o) => o.textContent)}`);
    }
  }

  test('an SVG stands by itself: no style, no class, no script, and it looks the same', async () => {
    const ui = await openPanel();
    for (const [what, file] of PICTURES) {
      const text = (await saved(ui, `Save ${what} as SVG`, `${file}.svg`)).toString();
      for (const not of ['class=', 'style', '<script', 'var(', 'href', 'color-mix', 'color(', ' onclick']) {
        assert.ok(!text.includes(not), `${what} has no ${not}`);
      }
      const alone = await browser.newPage();
      await alone.goto(`data:image/svg+xml,${encodeURIComponent(text)}`);
      const seen = await alone.evaluate(() => {
        const svg = document.documentElement;
        const marks = [...svg.querySelectorAll('text, rect, path, circle')];
        return {
          root: svg.localName,
          title: svg.querySelector('title').textContent,
          families: [...new Set(marks.filter((m) => m.localName === 'text').map((m) => m.getAttribute('font-family')))].sort(),
          words: marks.filter((m) => m.localName === 'text').map((m) => m.textContent),
          bare: marks.filter((m) => !m.getAttribute('fill')).length,
        };
      });
      await alone.close();
      assert.equal(seen.root, 'svg');
      assert.ok(seen.title.length > 5, what);
      assert.deepEqual(seen.families, ['monospace', 'sans-serif'], what);
      assert.equal(seen.bare, 0, 'every mark has its colour');
      const shown = await ui.page.$$eval(`[data-exported][aria-label="${what}"] svg:is([role="img"], [role="slider"]) text`, (all) => all.map((t) => t.textContent));
      assert.deepEqual(seen.words, shown, `${what} says what the page says`);
    }
    await ui.close();
  });

  test('a PNG is twice as fine, and painted', async () => {
    const ui = await openPanel();
    for (const [what, file] of PICTURES) {
      const bytes = await saved(ui, `Save ${what} as PNG`, `${file}.png`);
      const alone = await browser.newPage();
      const seen = await alone.evaluate(async (data) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0);
        const { data: pixels } = context.getImageData(0, 0, image.width, image.height);
        const colours = new Set();
        for (let i = 0; i < pixels.length; i += 4 * 97) colours.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
        return { width: image.width, colours: colours.size };
      }, bytes.toString('base64'));
      await alone.close();
      const width = await ui.page.$eval(`[data-exported][aria-label="${what}"] svg:is([role="img"], [role="slider"])`, (svg) => svg.width.baseVal.value);
      assert.equal(seen.width, Math.ceil(width * 2), what);
      assert.ok(seen.colours > 12, `${what} has ${seen.colours} colours`);
    }
    await ui.close();
  });

  test('the story comes as text and as Markdown, every sentence with its rule', async () => {
    const ui = await openPanel();
    const { last, first } = await ui.cursor();
    const text = (await saved(ui, 'Save The story as text as text', 'chainwalk-story.txt')).toString();
    const marked = (await saved(ui, 'Save The story in Markdown as Markdown', 'chainwalk-story.md')).toString();
    for (const story of [text, marked]) {
      assert.equal(story.match(/^ *\d+\. /gm).length, last - first + 1);
      assert.ok(story.includes('--probability 0.33333333349 -j KUBE-SEP-5GSOMUMCTEFLXZNQ'));
    }
    assert.match(marked, /^# Chainwalk\n/);
    assert.match(marked, /^## pi-w1, PREROUTING$/m);
    assert.match(marked, /\*\*0\.57\*\*/);
    await ui.close();
  });

  test('names are names, whatever is in them', async () => {
    const hostile = `apiVersion: v1
kind: Pod
metadata: {name: client, namespace: demo}
spec: {containers: [{name: c, image: "<img src=x onerror=alert(1)>"}]}
---
apiVersion: v1
kind: Network
metadata: {name: n}
spec: {external: [{name: "a<b>&\\"c\\"</text><script>1</script>", ip: 198.51.100.7}]}
`;
    const ui = await openPanel();
    await ui.page.keyboard.press('Escape');
    await ui.paste(hostile);
    await ui.page.waitForFunction(() => document.querySelector('.app:not([data-waits])'));
    await ui.click('button', 'Pictures and story');
    if (await ui.has('button', 'Save Cluster map as SVG')) {
      const text = (await saved(ui, 'Save Cluster map as SVG', 'chainwalk-map.svg')).toString();
      assert.ok(!/<script|<img/i.test(text));
      // A page of its own, since the site's policy lets no text become markup.
      const blank = await browser.newPage();
      const errors = await blank.evaluate((svg) => new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('parsererror')?.textContent, text);
      await blank.close();
      assert.equal(errors ?? null, null);
    }
    await ui.page.keyboard.press('Escape');
    await ui.close();
  });

  test('a picture can be copied, and a strict policy stops none of it', async () => {
    const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; "
      + "img-src 'self'; style-src 'self'; base-uri 'none'";
    const server = await behind({ headers: { 'Content-Security-Policy': policy } });
    const ui = await openPanel({ url: server.url });
    await ui.page.browserContext().overridePermissions(new URL(server.url).origin, ['clipboard-read', 'clipboard-write', 'clipboard-sanitized-write']);
    await ui.page.bringToFront();
    await saved(ui, 'Save The line as PNG', 'chainwalk-line.png');
    await ui.click('button', 'Copy The line as SVG');
    await ui.page.waitForFunction(() => document.querySelector('[role="dialog"] output').textContent.startsWith('Copied'));
    const copied = await ui.page.evaluate(() => navigator.clipboard.readText());
    assert.ok(copied.includes('<svg') && copied.includes('KUBE-SERVICES'));
    await ui.close();
    server.end();
  });
});

// Measures the page at scale for `cargo xtask bench`. `CHAINWALK_SCALE` is a list `SERVICES=FILE …`; prints
// for each `walk-SERVICES MS` and `longest-SERVICES MS`, then `edit-1000 MS`, and `playing-WHAT MS` and
// `scrubbing-WHAT MS`: script on the page's thread per frame, the 95th percentile.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { launch, open } from './harness.mjs';

const browser = await launch();
const files = (process.env.CHAINWALK_SCALE ?? '').split(' ').filter(Boolean).map((one) => one.split('='));
const clusters = files.map(([services, file]) => [Number(services), readFileSync(file, 'utf8')]);

/** At this part of all, in order. */
const percentile = (all, part) => [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * part))] ?? 0;
const median = (all) => percentile(all, 0.5);

/** A page whose core runs, paused, that counts its long tasks. */
async function ready() {
  const ui = await open(browser);
  await ui.page.waitForFunction(() => performance.getEntriesByName('chainwalk:live').length > 0);
  await ui.pause();
  await ui.page.evaluate(() => {
    globalThis.tasks = [0];
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: 'longtask' });
  });
  return ui;
}

/** Pastes a text and waits for its walk; how long that took, and the longest task meanwhile. */
async function paste(ui, text, destination) {
  await ui.page.evaluate(() => {
    globalThis.tasks.length = 1;
    globalThis.pasted = performance.now();
  });
  await ui.paste(text);
  await ui.until('region', 'Story', (story) => story.includes(destination));
  // A task that ends with the last frame is told of after it.
  return ui.page.evaluate(async () => {
    const took = performance.now() - globalThis.pasted;
    await new Promise((wake) => setTimeout(wake, 200));
    return [took, Math.max(...globalThis.tasks)];
  });
}

/** What ends a frame on the page's thread: it is handed to the compositor. */
const FRAME = 'Commit';

/** Script per frame while `act` goes on: each frame's share of what the page's thread ran. */
async function scripted(ui, act) {
  await ui.page.tracing.start({ categories: ['-*', 'toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] });
  await act();
  const trace = JSON.parse(Buffer.from(await ui.page.tracing.stop()).toString());
  const frames = trace.traceEvents.filter((e) => e.name === FRAME);
  const busiest = new Map();
  for (const { pid, tid } of frames) busiest.set(`${pid}:${tid}`, (busiest.get(`${pid}:${tid}`) ?? 0) + 1);
  const [thread] = [...busiest].sort((a, b) => b[1] - a[1])[0] ?? [];
  const mine = trace.traceEvents.filter((e) => `${e.pid}:${e.tid}` === thread).sort((a, b) => a.ts - b.ts);
  const names = new Set(['FunctionCall', 'RunMicrotasks', 'EvaluateScript', 'EventDispatch', 'TimerFire', 'FireAnimationFrame']);
  const each = [];
  let [ends, sum] = [0, 0];
  for (const event of mine) {
    if (event.name === FRAME) {
      if (sum > 0) each.push(sum / 1000);
      sum = 0;
    } else if (event.ph === 'X' && names.has(event.name) && event.ts >= ends) {
      // What runs inside another is counted with it.
      sum += event.dur;
      ends = event.ts + event.dur;
    }
  }
  assert.ok(each.length > 2, 'frames were drawn that script had a part in');
  return each;
}

/** Playing for some seconds, then dragging the slider to and fro. */
async function frames(ui, what) {
  await ui.page.keyboard.press('Home');
  await ui.click('button', 'Play');
  const playing = await scripted(ui, () => new Promise((wake) => setTimeout(wake, 8000)));
  await ui.pause();
  const slider = await ui.get('slider', 'Event');
  const { x, y, width, height } = await slider.boundingBox();
  const scrubbing = await scripted(ui, async () => {
    await ui.page.mouse.move(x + 2, y + height / 2);
    await ui.page.mouse.down();
    for (let step = 0; step <= 120; step += 1) {
      const part = Math.abs(1 - (step / 60));
      await ui.page.mouse.move(x + 2 + (width - 4) * (1 - part), y + height / 2);
    }
    await ui.page.mouse.up();
  });
  console.log(`playing-${what}`, percentile(playing, 0.95).toFixed(2));
  console.log(`scrubbing-${what}`, percentile(scrubbing, 0.95).toFixed(2));
}

const demo = await ready();
await frames(demo, 'demo');
await demo.close();

for (const [services, text] of clusters) {
  const ui = await ready();
  const [took, longest] = await paste(ui, text, '10.97.');
  console.log(`walk-${services}`, took.toFixed(0));
  console.log(`longest-${services}`, longest.toFixed(0));
  await ui.pause();
  if (services === 200) await frames(ui, '200');
  if (services === 1000) {
    // One Service's port, there and back; the first edit pays for what is made once.
    const edits = [];
    for (let i = 0; i < 7; i += 1) {
      const port = 81 + i;
      const [edit] = await paste(ui, text.replace('port: 80\n', `port: ${port}\n`), `10.97.1.1:${port}`);
      edits.push(edit);
    }
    console.log('edit-1000', median(edits.slice(1)).toFixed(0));
  }
  await ui.close();
}
await browser.close();

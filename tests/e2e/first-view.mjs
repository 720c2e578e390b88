// Uses the page as one does at first, for `cargo xtask first-view`: lets the demo play, drives it,
// jumps about in it. Prints the number of each piece of the program that ran.
import { launch, open, PHONE, WIDE } from './harness.mjs';

const VIEWS = [
  { viewport: WIDE, media: { 'prefers-reduced-motion': 'no-preference' } },
  { viewport: PHONE, media: { 'prefers-reduced-motion': 'no-preference' } },
  { viewport: WIDE, media: { 'prefers-color-scheme': 'dark' } },
];

const browser = await launch();
const seen = new Set();
for (const view of VIEWS) {
  const ui = await open(browser, view);
  // The demo as it plays by itself, to its end.
  for (;;) {
    const { at, last } = await ui.cursor();
    if (at === last) break;
    await ui.page.evaluate(() => new Promise((wake) => setTimeout(wake, 200)));
  }
  for (const key of ['Home', '4', 'ArrowRight', 'ArrowLeft', ' ', ' ', 'End']) await ui.page.keyboard.press(key);
  await ui.page.keyboard.press('Home');
  for (const name of ['Next draw', 'Next NAT', 'Next verdict', 'Back', 'Step', 'Play', 'Pause']) {
    if (await ui.has('button', name)) await ui.click('button', name);
  }
  await ui.page.evaluate(() => new Promise((wake) => setTimeout(wake, 500)));
  const ran = await ui.page.evaluate(() => {
    const bytes = new Uint8Array(globalThis.piecesSeen.buffer);
    return [...bytes.keys()].filter((n) => bytes[n] !== 0);
  });
  for (const n of ran) seen.add(n);
  await ui.close();
}
await browser.close();
console.log([...seen].sort((a, b) => a - b).join('\n'));

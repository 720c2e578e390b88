import { launch, open, PHONE, WIDE } from './harness.mjs';
const want = process.argv.slice(2);
const browser = await launch();
const shot = async (name, opt, body) => {
  if (want.length && !want.some((w) => name.includes(w))) return;
  const ui = await open(browser, opt);
  try { await ui.pause(); await body(ui); await ui.page.screenshot({ path: `/tmp/d-shots/${name}.png` }); }
  catch (e) { console.log(name, e.message); await ui.page.screenshot({ path: `/tmp/d-shots/${name}-fail.png` }); }
  await ui.close().catch((e) => console.log(name, e.message));
};
const dark = { 'prefers-color-scheme': 'dark' };
const many = (n) => async (ui) => {
  await ui.page.keyboard.press('m');
  await ui.get('region', 'Many connections');
  if (n) { if (ui.page.viewport().width < 900 || true) await ui.page.evaluate((n) => [...document.querySelectorAll('.choices button')].find((b) => b.innerText.startsWith(n)).click(), n); }
  const t = Date.now();
  await ui.page.waitForFunction(() => document.querySelector('.many-bar .button')?.innerText === 'Run again', { timeout: 120000 });
  console.log(n, Date.now() - t, 'ms');
};
const deploy = (n, extra = '') => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: ${n}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: x, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, nodePort: 30080}]
${extra}`;
const k = (name) => async (ui) => { await ui.page.keyboard.press('Home'); await ui.page.keyboard.press(name); };
await shot('many-10k', {}, many('10,000'));
await shot('many-10k-dark', { media: dark }, many('10,000'));
await shot('many-1m', {}, many('1,000,000'));
await shot('many-10', {}, many('10'));
await shot('many-1', {}, many('1'));
await shot('many-phone', { viewport: PHONE }, many('10,000'));
await shot('many-100ep', {}, async (ui) => { await ui.paste(deploy(100)); await ui.pause(); await many('10,000')(ui); });
await shot('many-10ep', {}, async (ui) => { await ui.paste(deploy(10)); await ui.pause(); await many('10,000')(ui); });
await shot('many-affinity', {}, async (ui) => { await ui.paste(deploy(5, '  sessionAffinity: ClientIP\n')); await ui.pause(); await many('100')(ui); });
await shot('many-refused', {}, async (ui) => { await ui.paste('apiVersion: v1\nkind: Service\nmetadata: {name: nobody, namespace: demo}\nspec:\n  selector: {app: nobody}\n  ports: [{port: 80}]\n'); await ui.pause(); await many('100')(ui); });
await shot('draw', {}, k('d'));
await shot('draw-phone', { viewport: PHONE }, k('d'));
for (const n of [2, 10, 37, 100]) {
  await shot(`draw-${n}`, {}, async (ui) => { await ui.paste(deploy(n)); await ui.pause(); await k('d')(ui); });
  await shot(`draw-phone-${n}`, { viewport: PHONE }, async (ui) => { await ui.paste(deploy(n)); await ui.pause(); await k('d')(ui); });
}
await browser.close();

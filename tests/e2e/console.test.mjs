// The console: a tutorial typed as a learner would, and what the page makes of its output.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { PHONE, launch, open } from './harness.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SVC = 'KUBE-SVC-P7QE5OVRKZMQ43FN';

describe('the console', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  /** The page with its console open, and a way to type lines there. */
  const at = (name, body, options) => test(name, async () => {
    const ui = await open(browser, options);
    await ui.pause();
    await ui.click('button', 'Console');
    await ui.get('combobox', 'Command');
    await ui.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Command');
    /** Types a line, and gives what it printed. */
    const run = async (line) => {
      const seen = await ui.page.$$eval('.console-entry', (entries) => entries.length);
      await ui.page.keyboard.type(line);
      await ui.page.keyboard.press('Enter');
      await ui.page.waitForFunction((seen) => {
        const entries = document.querySelectorAll('[role=log][aria-busy=false] .console-entry');
        return entries.length > seen;
      }, {}, seen);
      const entry = (await ui.page.$$('.console-entry')).at(-1);
      assert.equal(await entry.$eval('b', (b) => b.textContent), line);
      const printed = await entry.$('pre');
      return printed ? printed.evaluate((pre) => pre.textContent) : '';
    };
    await body(ui, run);
    await ui.close();
  });

  at('a tutorial, from the Service to its endpoints', async (ui, run) => {
    const found = await run('sudo iptables -t nat -L KUBE-SERVICES -n | grep demo-cluster-ip-svc');
    assert.match(found, new RegExp(`^${SVC}  tcp  --  0\\.0\\.0\\.0/0 +10\\.43\\.169\\.48 .*tcp dpt:8711\n$`));
    const chain = await run(`sudo iptables -t nat -L ${SVC} -n`);
    assert.equal(chain.trimEnd().split('\n').length, 6);
    assert.match(chain, /statistic mode random probability 0\.33333333349/);
    assert.match(await run('sudo iptables -t nat -L KUBE-SEP-5GSOMUMCTEFLXZNQ -n'), /to:10\.42\.1\.16:8080/);
    assert.match(await run('iptables -t nat -S KUBE-SEP-5GSOMUMCTEFLXZNQ'), /-j DNAT --to-destination 10\.42\.1\.16:8080/);
    assert.equal(await run('iptables-save | grep KUBE-SEP | sort | head -2 | tail -1 | wc -l'), '1\n');
    assert.match(await run('kubectl get nodes,pods,svc,endpointslices -A -o wide'), /service\/demo-cluster-ip-svc +ClusterIP +10\.43\.169\.48/);
    assert.match(await run('sysctl net.ipv4.ip_forward'), /net\.ipv4\.ip_forward = 1/);
    assert.match(await run('kubectl get pods -A | column -t'), /demo +client +1\/1/);
  });

  at('packets are sent, counted, remembered, forgotten', async (ui, run) => {
    assert.match(await run('curl 10.43.169.48:8711'), /pod demo\/demo-5f7b8c9d64-\w+ answers\. It saw the client as 192\.168\.7\.10/);
    assert.match(await run('sudo conntrack -L'), /dst=10\.43\.169\.48 .*\[ASSURED\]/s);
    assert.match(await run(`iptables -t nat -vnL ${SVC} | grep MASQ`), /^ +1 +60 KUBE-MARK-MASQ/);
    assert.match(await run('curl 10.43.169.48:8711'), /answers/);
    assert.match(await run(`iptables -t nat -vnL ${SVC} | grep MASQ`), /^ +2 +120 KUBE-MARK-MASQ/);
    assert.match(await run('sudo conntrack -D -p tcp --dport 8711'), /2 flow entries have been deleted/);
    assert.match(await run('undo'), /taken back: sudo conntrack -D/);
    assert.match(await run('conntrack -L'), /2 flow entries have been shown/);
  });

  at('in a pod: names, ping, nc, dig, and out again', async (ui, run) => {
    await run('kubectl exec -it -n demo client -- sh');
    assert.match(await run('dig +short demo-cluster-ip-svc.demo.svc.cluster.local'), /10\.43\.169\.48/);
    assert.match(await run('ping -c 2 10.42.5.23'), /2 packets transmitted, 2 received/);
    assert.match(await run('nc -u 10.42.5.23 8080'), /Connection refused/);
    assert.match(await run('curl demo-cluster-ip-svc:8711'), /answers/);
    assert.match(await run('iptables -L'), /kube-proxy writes no rules in a pod's own namespace/);
    assert.equal(await ui.value('combobox', 'Where commands run'), 'pod/demo/client');
    await run('exit');
    assert.equal(await ui.value('combobox', 'Where commands run'), 'node/pi-cp');
    await ui.page.select('select[aria-label="Where commands run"]', 'node/pi-w2');
    await ui.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Command');
    assert.equal(await run('hostname'), 'pi-w2\n');
    assert.match(await run('ssh pi-w5 hostname'), /pi-w5/);
  });

  at('kubectl writes into the YAML, and undo takes it back', async (ui, run) => {
    assert.match(await run('kubectl scale deployment demo -n demo --replicas=2'), /scaled\n# The YAML says so now: line 8/);
    assert.equal((await run(`iptables -t nat -S ${SVC}`)).trimEnd().split('\n').length, 4);
    await ui.click('button', 'line 8');
    assert.match(await ui.value('textbox', 'Cluster YAML'), /replicas: 2/);
    await (await ui.get('combobox', 'Command')).focus();
    assert.match(await run('kubectl delete pod demo-5f7b8c9d64-2vhkn -n demo'), /deleted/);
    assert.match(await run('undo; undo'), /taken back: kubectl delete pod .*\ntaken back: kubectl scale/);
    assert.match(await ui.value('textbox', 'Cluster YAML'), /replicas: 3/);
  });

  at('a rule changed by hand is met by the walk, and mended by undo', async (ui, run) => {
    await run(`iptables -t nat -I ${SVC} -j RETURN`);
    assert.match(await run('curl -m 3 10.43.169.48:8711'), /Network is unreachable/);
    await ui.click('button', `Watch this packet: node/pi-cp → 10.43.169.48:8711, TCP: unreachable`);
    await ui.pause();
    assert.match((await ui.events()).join('\n'), /Rule 1 of KUBE-SVC-P7QE5OVRKZMQ43FN matches and returns/);
    await ui.page.keyboard.press('c');
    await ui.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Command');
    assert.match(await run('undo'), /taken back: iptables -t nat -I/);
    assert.match(await run('curl -m 3 10.43.169.48:8711'), /answers/);
    await run('iptables -P FORWARD DROP');
    await run('iptables -A INPUT -p tcp --dport 22 -j DROP');
    await run('iptables -D INPUT -p tcp --dport 22 -j DROP');
    assert.match(await run('iptables -S FORWARD | head -1'), /-P FORWARD DROP/);
  });

  at('chains and objects are links, and every packet can be watched', async (ui, run) => {
    await run('iptables -t nat -L KUBE-SERVICES -n | grep 8711');
    await ui.click('button', SVC);
    await ui.page.waitForFunction(() => document.querySelector('main').innerText.includes('0.33333333349'));
    await ui.click('button', 'Console');
    await ui.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Command');
    await run('curl 10.43.169.48:8711');
    const watch = await ui.page.$('button[aria-label^="Watch this packet"]');
    await watch.click();
    await ui.get('region', 'Chain walk');
    await ui.pause();
    assert.match((await ui.events()).join('\n'), /10\.43\.169\.48:8711/);
    assert.match(await ui.text('region', 'Packet'), /192\.168\.7\.10/);
  });

  at('history, completion, and the way out of the field', async (ui, run) => {
    const line = () => ui.value('combobox', 'Command');
    const becomes = (text) => ui.page.waitForFunction((text) => document.querySelector('[aria-label=Command]').value === text, {}, text);
    const press = (key) => ui.page.keyboard.press(key);
    await run('hostname');
    await run('whoami');
    await press('ArrowUp');
    await press('ArrowUp');
    await becomes('hostname');
    await press('ArrowDown');
    await press('ArrowDown');
    await becomes('');
    await ui.page.keyboard.type('iptables -t nat -L KUBE-SV');
    await press('Tab');
    await becomes(`iptables -t nat -L ${SVC} `);
    await (await ui.get('combobox', 'Command')).evaluate((field) => field.select());
    await ui.page.keyboard.type('ssh pi-');
    await press('Tab');
    await ui.get('listbox', 'Completions');
    await press('Tab');
    await press('Tab');
    await becomes('ssh pi-w1');
    assert.equal(await ui.page.$eval('[role=option][aria-selected=true]', (option) => option.textContent), 'pi-w1');
    await press('Enter');
    await press('Enter');
    await ui.page.waitForFunction(() => document.querySelector('select[aria-label="Where commands run"]').value === 'node/pi-w1');
    await ui.page.keyboard.type('kubectl');
    await press('Escape');
    await ui.page.waitForSelector('::-p-text(Tab leaves the field now)');
    await press('Tab');
    assert.equal(await ui.page.evaluate(() => document.activeElement.textContent), 'Run');
    assert.equal(await line(), 'kubectl');
    // Lines are kept over a reload.
    await ui.page.reload();
    await ui.page.waitForFunction(() => performance.getEntriesByName('chainwalk:ready').length > 0);
    // The console is open again by itself.
    await ui.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Command');
    await press('ArrowUp');
    await becomes('ssh pi-w1');
  });

  at('what it does not know it says, naming what comes closest', async (ui, run) => {
    assert.match(await run('iptabels -L'), /command not found\n# .*iptables comes closest/);
    assert.match(await run('tcpdump -i any'), /Send the packet with curl/);
    assert.match(await run('kubectl get podz'), /pods comes closest/);
    assert.match(await run('help'), /Into a pipe/);
    const log = await ui.get('log', 'Output');
    assert.equal(await log.evaluate((e) => getComputedStyle(e.querySelector('pre')).fontFamily.includes('mono')), true);
  });

  at('what was changed by hand is there after a reload', async (ui, run) => {
    await run('iptables -P FORWARD DROP');
    await ui.page.reload();
    await ui.page.waitForFunction(() => performance.getEntriesByName('chainwalk:live').length > 0);
    // The console is open again by itself.
    await ui.page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Command');
    assert.match(await run('iptables -S FORWARD | head -1'), /-P FORWARD DROP/);
  });

  for (const [name, options] of [['wide', {}], ['dark', { media: { 'prefers-color-scheme': 'dark' } }], ['on a phone', { viewport: PHONE }]]) {
    at(`axe finds nothing, ${name}`, async (ui, run) => {
      await run('iptables -t nat -L KUBE-SERVICES -n');
      await run('curl 10.43.169.48:8711');
      await run('nope');
      await ui.page.keyboard.type('ssh pi-');
      await ui.page.keyboard.press('Tab');
      await ui.get('listbox', 'Completions');
      await ui.page.evaluate(AXE);
      const found = await ui.page.evaluate(() => globalThis.axe.run(document, { rules: { 'target-size': { enabled: true } } }));
      assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target)}`), []);
      const wide = await ui.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `nothing is wider than the page, by ${wide}`);
    }, options);
  }
});

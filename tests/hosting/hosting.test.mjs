// The published site under the servers that hosting/ has a snippet for, at a path and at the root: the snippet is
// used as it stands, with the folder put in, as its first lines say.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, open } from '../e2e/harness.mjs';

const SITE = process.env.SITE;
const HOSTING = fileURLToPath(new URL('../../hosting/', import.meta.url));
const POLICY = readFileSync(join(HOSTING, '_headers'), 'utf8').match(/Content-Security-Policy: (.*)/)[1];
const wasm = readdirSync(SITE).find((name) => /^page-[0-9a-f]{16}\.wasm$/.test(name));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => { server.once('listening', resolve); });
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

/** Each server: how its whole configuration is made around the snippet, and how it is run on it. */
const SERVERS = {
  nginx: {
    program: process.env.NGINX,
    snippet: 'nginx.conf',
    atRoot: (text) => text.replace('location /chainwalk/ {', 'location / {').replace('alias CHAINWALK_DIR/;', 'root CHAINWALK_DIR;'),
    around: (text, port, dir) => `worker_processes 1; daemon off; ${process.getuid() === 0 ? 'user root;' : ''} pid ${dir}/pid; error_log stderr;
      events {} http { access_log off;
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join(' ')}
      server { listen 127.0.0.1:${port}; ${text} } }`,
    args: (file, dir) => ['-c', file, '-p', dir],
    packed: 'gzip',
  },
  caddy: {
    program: process.env.CADDY,
    snippet: 'Caddyfile',
    atRoot: (text) => text.replace('handle_path /chainwalk/* {', 'handle {'),
    around: (text, port) => `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${port} {\n${text}\n}\n`,
    args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
    packed: 'br',
  },
};

for (const [name, server] of Object.entries(SERVERS)) {
  if (!server.program) continue;
  for (const path of ['/chainwalk/', '/']) {
    describe(`${name} at ${path}`, () => {
      let browser; let process_; let dir; let url;
      before(async () => {
        browser = await launch();
        dir = mkdtempSync(join(tmpdir(), 'hosting-'));
        const port = await freePort();
        const snippet = readFileSync(join(HOSTING, server.snippet), 'utf8');
        const placed = (path === '/' ? server.atRoot(snippet) : snippet).replaceAll('CHAINWALK_DIR', SITE);
        const file = join(dir, 'configuration');
        writeFileSync(file, server.around(placed, port, dir));
        let said = '';
        process_ = spawn(server.program, server.args(file, dir), { stdio: ['ignore', 'pipe', 'pipe'] });
        process_.stderr.on('data', (data) => { said += data; });
        process_.stdout.resume();
        url = `http://127.0.0.1:${port}${path}`;
        for (let tries = 0; ; tries += 1) {
          if (await fetch(url).then((answer) => answer.ok, () => false)) break;
          assert.ok(process_.exitCode === null && tries < 300, `${name} gives nothing out:\n${said}`);
          await new Promise((wake) => { setTimeout(wake, 50); });
        }
      });
      after(async () => {
        process_?.kill();
        await browser?.close();
        rmSync(dir, { recursive: true, force: true });
      });

      const head = async (file) => (await fetch(url + file, { headers: { 'Accept-Encoding': 'br, gzip' } })).headers;

      test('the page is asked for anew, under the policy', async () => {
        const got = await head('');
        assert.match(got.get('content-type'), /^text\/html/);
        assert.equal(got.get('content-security-policy'), POLICY);
        assert.equal(got.get('cache-control'), 'no-cache');
        assert.equal(got.get('x-content-type-options'), 'nosniff');
        assert.equal(got.get('access-control-allow-origin'), '*');
        assert.equal(got.get('x-frame-options'), null, 'anyone may embed it');
      });

      test('what never changes is kept for ever, and comes packed', async () => {
        const got = await head(wasm);
        assert.match(got.get('cache-control'), /immutable/);
        assert.equal(got.get('content-type'), 'application/wasm');
        assert.equal(got.get('content-encoding'), server.packed);
      });

      test('the worker and the samples are asked for anew', async () => {
        for (const file of ['sw.js', 'demo.yaml']) assert.equal((await head(file)).get('cache-control'), 'no-cache', file);
      });

      test('the demo walks, and nothing is refused', async () => {
        const ui = await open(browser, { url });
        await ui.page.waitForFunction(() => performance.getEntriesByName('chainwalk:live').length > 0);
        await ui.pause();
        await ui.click('button', 'Open the YAML editor');
        await ui.page.waitForSelector('yaml-editor >>> .cm-content');
        await ui.close();
      });
    });
  }
}

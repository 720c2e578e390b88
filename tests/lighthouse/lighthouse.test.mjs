// Lighthouse finds nothing wanting in the page's accessibility and its craft, on a desk and on a phone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scores } from './lighthouse.mjs';

const URL_OF_PAGE = process.env.CHAINWALK_URL ?? 'http://127.0.0.1:8080/';

for (const phone of [false, true]) {
  test(`accessibility and best practices at 100, ${phone ? 'phone' : 'wide'}`, { timeout: 240_000 }, async () => {
    const found = await scores(URL_OF_PAGE, ['accessibility', 'best-practices'], { phone });
    assert.deepEqual(Object.keys(found).sort(), ['accessibility', 'best-practices']);
    for (const [name, { score, failed }] of Object.entries(found)) {
      assert.equal(score, 100, `${name}: ${failed.join('\n')}`);
    }
  });
}

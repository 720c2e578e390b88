// Asks the core in wasm what it was asked natively. `cargo xtask test wasm` sets both paths.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const cases = JSON.parse(readFileSync(process.env.CHAINWALK_CASES, 'utf8'));
const { answer } = createRequire(import.meta.url)(process.env.CHAINWALK_MODULE);

test('there are cases of every kind', () => {
  assert.ok(cases.some((c) => c.answer.includes('KUBE-SEP-')), 'one with rules');
  assert.ok(cases.some((c) => c.asks && !c.answer.includes('not a question')), 'one with a journey');
  assert.ok(cases.some((c) => c.answer.includes('severity: Error')), 'one that is refused');
});

for (const { name, yaml, asks, answer: native } of cases) {
  test(name, () => assert.equal(answer(yaml, asks), native));
}

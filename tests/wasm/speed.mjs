// `node speed.mjs MODULE FILE FROM TO COUNTED WALKED`: connections in a second in wasm, as
// examples/speed.rs measures them natively. Prints `COUNTED_PER_SECOND WALKED_PER_SECOND`.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [module, file, from, to, counted, walked] = process.argv.slice(2);
const { Repeated } = createRequire(import.meta.url)(module);
const repeated = Repeated.new(readFileSync(file, 'utf8'), from, to);
assert.ok(repeated, 'it is a question');
// What is made when first asked for is not measured.
repeated.counted(300);

function perSecond(what, count) {
  const begin = performance.now();
  assert.equal(what(count), count, 'every connection is answered');
  return Math.round((count * 1000) / (performance.now() - begin));
}

console.log(
  perSecond((n) => repeated.counted(n), Number(counted)),
  perSecond((n) => repeated.walked(n), Number(walked)),
);

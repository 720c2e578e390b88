// `node rules.mjs MODULE FILE NODE RUNS`: from text to a node's rules in wasm, as examples/rules.rs
// measures it natively. Prints the milliseconds of each run, then how long the rules are.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [module, file, node, runs] = process.argv.slice(2);
const { rules } = createRequire(import.meta.url)(module);
const text = readFileSync(file, 'utf8');
const times = [];
let length = 0;
for (let run = 0; run < Number(runs); run += 1) {
  const begin = performance.now();
  length = rules(text, node);
  times.push((performance.now() - begin).toFixed(3));
}
console.log(...times, length);

// `node edited.mjs MODULE FILE FROM TO RUNS`: from one Service's edit among many to new rules and a new walk
// in wasm. Prints the milliseconds of each edit, then how many events the last walk had.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [module, file, from, to, runs] = process.argv.slice(2);
const { Edited } = createRequire(import.meta.url)(module);
const text = readFileSync(file, 'utf8');
const edited = new Edited();
const times = [];
let events = edited.walk(text, from, to);
edited.tidy();
for (let run = 0; run < Number(runs); run += 1) {
  // The second Service, so that the question stays.
  const at = text.indexOf('port: 80\n', text.indexOf('port: 80\n') + 1);
  const next = `${text.slice(0, at)}port: ${81 + run}${text.slice(at + 'port: 80'.length)}`;
  const begin = performance.now();
  events = edited.walk(next, from, to);
  times.push((performance.now() - begin).toFixed(3));
  edited.tidy();
}
console.log(...times, events);

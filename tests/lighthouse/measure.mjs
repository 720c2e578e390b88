// Measures the page for `cargo xtask bench`: prints `performance SCORE` and `performance-phone SCORE`, medians of five.
import { scores } from './lighthouse.mjs';

const URL_OF_PAGE = process.env.CHAINWALK_URL ?? 'http://127.0.0.1:8080/';
for (const [name, phone] of [['performance', false], ['performance-phone', true]]) {
  const all = [];
  for (let i = 0; i < 5; i += 1) all.push((await scores(URL_OF_PAGE, ['performance'], { phone })).performance.score);
  console.log(name, all.sort((a, b) => a - b)[2]);
}

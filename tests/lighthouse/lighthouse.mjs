// Runs Lighthouse on the page and gives its scores, 0 to 100, and what it found wanting.
import { createRequire } from 'node:module';
import lighthouse, { desktopConfig } from 'lighthouse';

// The browser's driver is the page suite's own, from the repository's npm parts.
const { default: puppeteer } = await import(createRequire(new URL('../../package.json', import.meta.url)).resolve('puppeteer-core'));

/** A category's score and its failed audits, on a desk or on a phone. */
export async function scores(url, categories, { phone = false } = {}) {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
  try {
    const port = Number(new URL(browser.wsEndpoint()).port);
    const flags = { port, onlyCategories: categories, output: 'json', logLevel: 'error' };
    const { lhr } = await lighthouse(url, flags, phone ? undefined : desktopConfig);
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    return Object.fromEntries(Object.values(lhr.categories).map(({ id, score, auditRefs }) => {
      const failed = auditRefs
        .filter((ref) => ref.weight > 0 && lhr.audits[ref.id].score !== null && lhr.audits[ref.id].score < 1)
        .map((ref) => `${ref.id}: ${JSON.stringify(lhr.audits[ref.id].details?.items?.slice(0, 3) ?? lhr.audits[ref.id].title)}`);
      return [id, { score: Math.round((score ?? 0) * 100), failed }];
    }));
  } finally {
    await browser.close();
  }
}

/**
 * A product of which only the embedded part is there, for specs to start and kill: `product.js lock DATA_DIR` or
 * `product.js start DATA_DIR`. It prints one JSON line when it holds what it wants (`{"url": …}`), or `{"refused": …}`
 * and ends; on SIGTERM it stops in order.
 */
import { embeddedMasterKey, lockDataDirectory, startEmbeddedPostgres, type Release } from '../src/index.js';

const [command, dataDir = ''] = process.argv.slice(2);
const say = (line: Record<string, string>): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
const log = {
  info: (sentence: string) => say({ info: sentence }),
  warn: (sentence: string) => say({ warn: sentence }),
};

try {
  const release = await lockDataDirectory(dataDir, { instance: 'product-of-a-spec' });
  const held =
    command === 'start' ? await startPostgres(release) : { line: { locked: dataDir }, stop: release };
  process.once('SIGTERM', () => void held.stop().then(() => process.exit(0)));
  setInterval(() => undefined, 60_000);
  say(held.line); // last: whoever reads it may send a signal
} catch (error) {
  say({ refused: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  process.exit(1);
}

async function startPostgres(release: Release): Promise<{ line: Record<string, string>; stop: Release }> {
  const key = await embeddedMasterKey(dataDir);
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  const line = { url: postgres.url, key: key.toString('base64') };
  return { line, stop: () => postgres.stop().then(release) };
}

/**
 * `npm run dev`: the product, built and started again whenever a source changes. Ctrl-C ends both.
 */
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { REPOSITORY } from './build.mjs';

/** Editors write several files at once, and one file several times. */
const QUIET_MS = 300;

let product = startProduct();
let timer;
let isEnding = false;

for (const folder of ['apps/server/src', 'libs']) {
  watch(join(REPOSITORY, folder), { recursive: true }, (_event, name) => {
    if (!name || !/(?<!\.spec)\.ts$/.test(name)) return;
    clearTimeout(timer);
    timer = setTimeout(restart, QUIET_MS);
  });
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    isEnding = true;
    void stopProduct().then(() => process.exit(0));
  });
}

function startProduct() {
  return spawn(process.execPath, [join(REPOSITORY, 'apps/server/start.mjs')], { stdio: 'inherit' });
}

/** The old one first gives back its port and its DATA_DIR. A change during that counts for the start that follows. */
async function restart() {
  await stopProduct();
  if (!isEnding) product = startProduct();
}

function stopProduct() {
  if (product.exitCode !== null || product.signalCode !== null) return Promise.resolve();
  const ended = new Promise((resolve) => product.once('exit', resolve));
  product.kill('SIGTERM');
  return ended;
}

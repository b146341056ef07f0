import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { exitSentence } from './exit-sentence.js';
import { Teardown } from './parts.js';
import { start } from './start.js';

// On a machine with much memory V8 lets what nobody uses any more grow to three times what is in use: a synchronisation of
// 100,000 users took 540 MB by that, and takes 300 MB where half as much is let grow. Resolving is as fast either way.
setFlagsFromString('--heap-growing-percent=50');

// A Ctrl-C reaches the product from the terminal and once more from npm, which hands signals on: that is one wish.
const ONE_WISH_MILLISECONDS = 2_000;

const teardown = new Teardown();
let stoppingSince: number | undefined;

const stop = (signal: NodeJS.Signals): void => {
  if (stoppingSince !== undefined) {
    if (performance.now() - stoppingSince < ONE_WISH_MILLISECONDS) return;
    process.exit(1); // whoever asks again does not want to wait; the next start takes over what is left
  }
  stoppingSince = performance.now();
  void teardown.run(report).then(() => process.exit(signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1));
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

// A promise that nobody waited for is a fault of ours, but no reason to stop answering everybody.
process.on('unhandledRejection', report);

try {
  await start(process.env, teardown);
} catch (error) {
  if (stoppingSince === undefined) {
    report(error);
    await teardown.run(report);
    process.exit(1);
  }
}

function report(error: unknown): void {
  process.stderr.write(`${exitSentence(error)}\n`);
}

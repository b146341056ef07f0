/** A process beside the product, on the product's core: what stands in its place while it rests. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { pin, SERVER_CORE } from '../measuring/machine.mjs';

/**
 * Starts a file of this folder as a process, hands it its work, and waits until it is ready.
 * @param {object} bench What is measured
 * @param {string} file Its name; it begins by `process.once('message', …)` and answers `{ready: {…}}`
 * @param {object} work Handed over, with `databaseUrl`
 * @param {Record<string, string>} [environment] Beside PATH and HOME
 * @returns {Promise<{pid: number, ask: (message: object) => Promise<object>, end: () => Promise<void>}>} With the members of
 * `ready`; `ask` sends one message and waits for the answer to it
 */
export async function startWorker(bench, file, work, environment = {}) {
  const { PATH = '', HOME = '' } = process.env;
  const child = fork(join(import.meta.dirname, file), {
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL'); // it keeps nothing
    await ended;
  };
  bench.undo(end);
  const ask = (message) =>
    new Promise((resolve, reject) => {
      const gone = () => reject(new Error(`${file} has ended.`));
      child.once('exit', gone);
      child.once('message', (answer) => {
        child.off('exit', gone);
        if (answer.error) reject(new Error(`${file}: ${answer.error}`));
        else resolve(answer);
      });
      child.send(message);
    });
  const { ready } = await ask({ ...work, databaseUrl: bench.product.databaseUrl });
  pin(child.pid, SERVER_CORE);
  return { ...ready, pid: child.pid, ask, end };
}

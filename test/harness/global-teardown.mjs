/** jest's global tear-down: ends what the set-up started, and waits until it is gone. */
import { running } from './global-setup.mjs';

/** Stops Postgres, then lets the guard sweep. */
export default async function tearDown() {
  if (!running) return;
  await running.postgres?.stop();
  // While it was not counted, jest could end before it; from here on jest must wait, or it would end with 0 half-way.
  running.guard.ref();
  running.guard.stdin.end();
  await running.ended;
}

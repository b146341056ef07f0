/** jest's global tear-down: ends what the set-up started, and waits until it is gone. */
import { running } from './global-setup.mjs';

/** Stops Postgres, then lets the guard sweep. */
export default async function tearDown() {
  await running?.postgres?.stop();
  running?.guard.stdin.end();
  await running?.ended;
}

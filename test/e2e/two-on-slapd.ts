import { afterAll, beforeAll, expect } from '@jest/globals';
import { signIn, type RunningProduct, type SignedIn } from '../harness/index.js';
import { syncNow, type ShownRun } from './directory-runs.js';
import { DirectoryHand, onSlapd, type OnSlapd } from './ldap-directory.js';
import { userToken } from './token-calls.js';

/**
 * Two instances of one product on a slapd with the demo people, for the tests of one file.
 * @returns They and who is at them; all of it is there at once, and is filled before the first test
 */
export function twoOnSlapdForSpecs() {
  const world = {} as OnSlapd;
  const directory = Object.create(DirectoryHand.prototype) as DirectoryHand;
  const [one, other] = [{} as RunningProduct, {} as RunningProduct];
  const ada = {} as SignedIn;
  /** Who asks about others' tokens. */
  const gate = {} as { readonly token: string };

  beforeAll(async () => {
    Object.assign(world, await onSlapd());
    Object.assign(directory, world.directory);
    const started = await Promise.all([world.start(), world.start()]);
    Object.assign(one, started[0]);
    Object.assign(other, started[1]);
    Object.assign(ada, await signIn(one.url, 'ada'));
    const { value: token } = await userToken(one.url, ada, { scopes: ['tokens:introspect'] });
    Object.assign(gate, { token });
  });
  afterAll(async () => {
    await world.stop?.();
  });

  /** Brings the product in step with the directory, which goes well. */
  async function sync(): Promise<ShownRun> {
    const run = await syncNow(one.url, ada);
    expect(run).toMatchObject({ state: 'SUCCEEDED', error: null });
    return run;
  }
  return { world, directory, one, other, ada, gate, sync };
}

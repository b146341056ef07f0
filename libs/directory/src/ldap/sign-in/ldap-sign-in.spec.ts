import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import {
  done,
  found,
  scriptedServer,
  type Binding,
  type ScriptedServer,
} from '../../../test/scripted-server.js';
import { LdapConnections } from '../connection/connections.js';
import { LdapSignIn } from './ldap-sign-in.js';

const READER = 'cn=reader';
const ADA_DN = 'uid=ada,ou=people';
const ID = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';
const OTHER_ID = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02';
const ADA = { entryUUID: ID, uid: 'ada', cn: 'Ada' };
const ADA_OF_389 = { nsUniqueId: '0c5a6f2e-4b1d4f0e-9a3b5d7c-1e2f8a01', uid: 'ada', cn: 'Ada' };

const SETTINGS: LdapSettings = {
  urls: [],
  startTls: false,
  caFile: undefined,
  bindDn: READER,
  bindPassword: 'x',
  userBase: 'ou=people',
  userFilter: undefined,
  groupBase: 'ou=people',
  groupFilter: undefined,
  schema: 'openldap',
};

type Entries = readonly (readonly [dn: string, attributes: Record<string, string>])[];

let server: ScriptedServer;
let connections: LdapConnections;
const binds: string[] = [];

/**
 * Signs in at a server that finds `first` by the name, and `then` by the DN, and says `bind` to a password.
 * A number is the result code that the search ends with.
 */
async function signInAt(
  {
    first,
    then = first,
    bind = () => 0,
  }: { first: Entries | number | (() => Entries); then?: Entries | number | (() => Entries); bind?: Binding },
  changed: Partial<LdapSettings> = {},
): Promise<LdapSignIn> {
  server = await scriptedServer(
    ({ id, search }) => {
      const said = search % 2 === 1 ? first : then;
      const answer = typeof said === 'function' ? said() : said;
      if (typeof answer === 'number') return [done(id, answer)];
      return [...answer.map(([dn, attributes]) => found(id, dn, attributes)), done(id, 0)];
    },
    (dn) => {
      if (dn === READER) return 0;
      binds.push(dn);
      return bind(dn);
    },
  );
  const settings: LdapSettings = { ...SETTINGS, urls: [server.url], ...changed };
  connections = new LdapConnections(settings);
  return new LdapSignIn(connections, settings);
}

afterEach(async () => {
  connections.close();
  await server.close();
  binds.length = 0;
});

describe('whose password it was', () => {
  it('is the entry that was found, read once more', async () => {
    const then = [[ADA_DN, { ...ADA, uid: 'Ada' }]] as const;
    const signIn = await signInAt({ first: [[ADA_DN, ADA]], then });
    expect(await signIn.authenticate('ada', 'x')).toMatchObject({ id: ID, username: 'Ada' });
    expect(binds).toEqual([ADA_DN]);
  });

  it.each<[string, Entries | number]>([
    ['another entry has the DN by now', [[ADA_DN, { ...ADA, entryUUID: OTHER_ID }]]],
    ['it has another name by now', [[ADA_DN, { ...ADA, uid: 'grace' }]]],
    ['it is disabled by now', [[ADA_DN, { ...ADA, pwdAccountLockedTime: '000001010000Z' }]]],
    ['it is no user any more', []],
    ['it is gone by now', 32],
  ])('is refused where %s', async (_, then) => {
    const signIn = await signInAt({ first: [[ADA_DN, ADA]], then });
    expect(await signIn.authenticate('ada', 'x')).toBeUndefined();
    expect(binds).toEqual([ADA_DN]);
  });

  it.each<[string, Entries]>([
    ['the server takes another name for this one', [[ADA_DN, { ...ADA, uid: 'adá' }]]],
    ['nobody has the name', []],
    [
      'two have it, in spellings that only we take for one',
      [
        [ADA_DN, ADA],
        ['uid=x', { ...ADA, entryUUID: OTHER_ID, uid: 'ａｄａ' }],
      ],
    ],
    ['the entry has no DN', [['', ADA]]],
  ])('is not asked where %s: a name that nobody has is', async (_, first) => {
    const signIn = await signInAt({ first });
    expect(await signIn.authenticate('ada', 'x')).toBeUndefined();
    expect(binds).toHaveLength(1);
    expect(binds[0]).toMatch(/^cn=[0-9a-f]{24},ou=people$/);
  });

  it('is the one whom we know by this name, though the server finds another by it as well', async () => {
    const other = ['uid=x', { ...ADA, entryUUID: OTHER_ID, uid: 'adá' }] as const;
    const signIn = await signInAt({ first: [other, [ADA_DN, ADA]], then: [[ADA_DN, ADA]] });
    expect(await signIn.authenticate('ada', 'x')).toMatchObject({ id: ID });
  });
});

describe('what cannot be decided', () => {
  it.each([1, 2, 8, 10, 13, 51, 52, 53, 80])('is a password that is answered with %i', async (code) => {
    const signIn = await signInAt({ first: [[ADA_DN, ADA]], bind: () => code });
    await expect(signIn.authenticate('ada', 'x')).rejects.toMatchObject({ resultCode: code });
  });

  it.each([3, 4, 10, 32, 51])('is a name whose search ends with %i', async (code) => {
    const signIn = await signInAt({ first: code });
    await expect(signIn.authenticate('ada', 'x')).rejects.toMatchObject({ resultCode: code });
    expect(binds).toEqual([]);
  });

  it('is an entry that LDAP_BIND_DN cannot read: told to who has its password alone', async () => {
    const first = [[ADA_DN, { uid: 'ada' }]] as const;
    const right = await signInAt({ first });
    await expect(right.authenticate('ada', 'x')).rejects.toThrow('entryUUID');
    connections.close();
    await server.close();
    const wrong = await signInAt({ first, bind: () => 49 });
    expect(await wrong.authenticate('ada', 'x')).toBeUndefined();
  });
});

it('tries eight passwords at once, and the others when it is their turn', async () => {
  let release!: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  let [atOnce, most] = [0, 0];
  const bind = async () => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await released;
    atOnce -= 1;
    return 49;
  };
  const signIn = await signInAt({ first: [[ADA_DN, ADA]], bind });
  const all = Array.from({ length: 20 }, () => signIn.authenticate('ada', 'x'));
  for (let tried = 0; atOnce < 8 && tried < 500; tried += 1) await wait(10);
  // Whoever had no place of their own to wait for would have been found by now, and be bound.
  for (let turn = 0; turn < 10; turn += 1)
    await connections.withQuickReader(() => wait(5), AbortSignal.timeout(5_000));
  release();
  expect(await Promise.all(all)).toEqual(all.map(() => undefined));
  expect([most, binds.length]).toEqual([8, 20]);
});

describe('the time of a refusal', () => {
  const median = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

  it('does not tell who is known where the server takes its time to compare a password', async () => {
    // As 389 DS does: it hashes for whom it knows, and answers at once for everybody else, locked ones as well.
    const slowly = (code: number) => async (dn: string) => {
      if (dn !== ADA_DN) return 49;
      if (code === 49) await wait(30);
      return code;
    };
    let code = 49;
    const signIn = await signInAt(
      { first: [[ADA_DN, ADA_OF_389]], bind: (dn) => slowly(code)(dn) },
      { schema: '389ds' },
    );
    const timed = async (name: string, answer: number) => {
      code = answer;
      const begun = performance.now();
      expect(await signIn.authenticate(name, 'x')).toBeUndefined();
      expect(binds.pop() === ADA_DN).toBe(name === 'ada');
      return performance.now() - begun;
    };
    const [wrong, unknown, locked]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < 40; round += 1) {
      wrong.push(await timed('ada', 49));
      unknown.push(await timed('nobody', 49));
      locked.push(await timed('ada', 53));
    }
    // Without waiting for what is missing it would be less than 0.2.
    for (const others of [unknown, locked]) {
      expect(median(others) / median(wrong)).toBeGreaterThan(0.7);
      expect(median(others) / median(wrong)).toBeLessThan(1.5);
    }
  });

  it.each<[string, Entries]>([
    ['is locked', [['uid=locked', { ...ADA, pwdAccountLockedTime: '000001010000Z' }]]],
    ['cannot be read', [['uid=locked', { uid: 'ada' }]]],
    [
      'shares its name with another',
      [
        ['uid=locked', ADA],
        ['uid=x', { ...ADA, entryUUID: OTHER_ID }],
      ],
    ],
    ['has no password', [['uid=locked', ADA]]],
  ])(
    'does not tell who %s, of whom the server says at once that the password is wrong',
    async (who, other) => {
      // As OpenLDAP does: 49 in each case, and only where there is something to compare it takes its time.
      let first: Entries = [];
      const compares = async (dn: string) => {
        if (dn === ADA_DN) await wait(30);
        return 49;
      };
      const signIn = await signInAt({ first: () => first, bind: compares });
      const timed = async (entries: Entries) => {
        first = entries;
        const begun = performance.now();
        expect(await signIn.authenticate('ada', 'x')).toBeUndefined();
        return performance.now() - begun;
      };
      const mayBeMany = who !== 'has no password';
      await timed([[ADA_DN, ADA]]);
      const [wrong, atOnce]: [number[], number[]] = [[], []];
      for (let round = 0; round < 20; round += 1) {
        for (let i = 0; i < 3; i += 1) {
          // However many are locked. Of entries without a password there may only be few: nobody can tell them apart.
          const dn = mayBeMany ? `uid=locked${i}` : 'uid=locked';
          atOnce.push(await timed(other.map(([, attributes], j) => [`${dn},ou=${j}`, attributes])));
        }
        wrong.push(await timed([[ADA_DN, ADA]]));
      }
      expect(median(atOnce) / median(wrong)).toBeGreaterThan(0.7);
      expect(median(atOnce) / median(wrong)).toBeLessThan(1.5);
    },
  );
});

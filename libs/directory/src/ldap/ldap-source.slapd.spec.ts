import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LdapSettings } from '@tokenwarden/settings';
import { companyLdif, startSlapd, tcpProxy, type RunningSlapd } from '../../../../test/harness/index.js';
import { settingsFor } from '../../test/ldap-settings.js';
import { LdapSource } from './ldap-source.js';

const USERS = 1_000;

// Nobody listens there, and no port that is given out is ever this one.
const DOWN = 'ldap://127.0.0.1:1';

let slapd: RunningSlapd;
const ends: (() => Promise<void>)[] = [];

function sourceOf(changed: Partial<LdapSettings> = {}): LdapSource {
  const made = new LdapSource(settingsFor(slapd, changed));
  ends.push(() => made.close());
  return made;
}

beforeAll(async () => {
  slapd = await startSlapd({ people: 'demo', ldif: companyLdif({ users: USERS }) });
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
afterAll(() => slapd.stop());

describe('everything that the servers hold', () => {
  it('is read as a whole', async () => {
    const answer = await sourceOf().readAll();
    expect(answer).toMatchObject({ whole: true, warnings: [] });
    expect(answer.whole && answer.users.length).toBe(USERS + 5);
  });

  it('is not whole where no server can be reached, in words', async () => {
    const url = DOWN;
    const answer = await sourceOf({ urls: [url] }).readAll();
    expect(answer).toEqual({
      whole: false,
      reasons: [expect.stringContaining(`${url}: nobody listens there`)],
    });
  });

  it('is whole where another server answers, with a warning as long as that lasts', async () => {
    const source = sourceOf({ urls: [DOWN, slapd.url] });
    const warnings = [
      expect.stringMatching(`^${DOWN}: nobody listens .* ${slapd.url} answered in its place`),
    ];
    expect(await source.readAll()).toMatchObject({ whole: true, warnings });
    expect(await source.readAll()).toMatchObject({ whole: true, warnings });
    expect(await sourceOf({ urls: [slapd.url, DOWN] }).readAll()).toMatchObject({ warnings: [] });
  });

  it('is not whole where it is cut, and no other server takes over for that', async () => {
    const proxy = await tcpProxy(slapd.url, { cutAfterBytes: 60_000 });
    ends.push(() => proxy.close());
    const source = sourceOf({ urls: [proxy.url, slapd.url], startTls: false });
    const answer = await source.readAll();
    expect(answer).toMatchObject({ whole: false, reasons: [expect.stringContaining(proxy.url)] });
    expect(await source.readAll()).toMatchObject({ whole: false });
    proxy.faults.cutAfterBytes = undefined;
    expect(await source.readAll()).toMatchObject({ whole: true, warnings: [] });
    expect(proxy.connections).toBe(3);
  });

  it('is not whole where whoever asked stops, or the source is closed', async () => {
    expect(await sourceOf().readAll(AbortSignal.abort())).toMatchObject({ whole: false });
    const proxy = await tcpProxy(slapd.url);
    ends.push(() => proxy.close());
    const source = sourceOf({ urls: [proxy.url] });
    proxy.faults.delayMs = 200;
    const reading = source.readAll();
    await source.close();
    expect(await reading).toMatchObject({ whole: false });
    expect(await source.readAll()).toMatchObject({ whole: false });
  });
});

describe('a check', () => {
  it.each([
    ['without encryption', { startTls: false }],
    ['encrypted by StartTLS (TLSv1.3), its certificate checked', {}],
  ] as const)('says how the server was reached: %s', async (how, changed) => {
    const { steps, failures, answer } = await sourceOf(changed).check();
    expect(steps).toEqual([
      expect.stringContaining(`Connected to ${slapd.url} ${how}, and bound as ${slapd.readerDn}`),
    ]);
    expect(failures).toEqual([]);
    expect(answer.whole).toBe(true);
  });

  it('tries every server, and says which of them cannot be used', async () => {
    const down = DOWN.replace('ldap:', 'ldaps:');
    const urls = [down, slapd.ldapsUrl!];
    const { steps, failures, answer } = await sourceOf({ urls, startTls: false }).check();
    expect(steps).toEqual([expect.stringContaining('encrypted by LDAPS (TLSv1.3)')]);
    expect(failures).toEqual([expect.stringContaining(down)]);
    expect(answer).toMatchObject({ whole: true, warnings: [] });
  });
});

it('shows no password to whoever prints it', async () => {
  const source = sourceOf();
  await source.authenticate('ada', 'ada-demo');
  const shown = [JSON.stringify(source), inspect(source, { depth: 10, showHidden: true })].join();
  expect(shown).not.toContain(slapd.readerPassword);
  expect(shown).not.toContain('ada-demo');
});

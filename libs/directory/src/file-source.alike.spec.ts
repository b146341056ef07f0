import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSource } from './file-source.js';
import { hashPassword } from './password-hash.js';

const idOf = (n: number) => `0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a0${n}`;

let folder: string;
let source: FileSource;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'directory-'));
  const path = join(folder, 'directory.json');
  const passwordHash = await hashPassword('right');
  const users = ['ada', 'eve', 'twin', 'TWIN'].map((username, n) => ({
    id: idOf(n),
    username,
    passwordHash,
  }));
  const passwordless = { id: idOf(4), username: 'linus' };
  const [ada, eve, ...twins] = users;
  await writeFile(
    path,
    JSON.stringify({ users: [ada, { ...eve, enabled: false }, ...twins, passwordless], groups: [] }),
  );
  source = new FileSource({ path, acceptsPlainPasswords: false });
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['a name that is unknown', 'nobody'],
  ['a name that two have', 'twin'],
  ['whoever is disabled', 'eve'],
  ['whoever has no password', 'linus'],
])(
  'refuses %s in the time that a wrong password takes',
  async (_, username) => {
    const ratios: number[] = [];
    // The machine of a test is never quiet: one round in which the two are alike shows that they can be.
    for (let round = 0; round < 12 && !ratios.some((ratio) => ratio > 0.9 && ratio < 1.1); round += 1) {
      const spans: [number[], number[]] = [[], []];
      for (let call = 0; call < 14; call += 1) {
        const began = performance.now();
        const password = call % 2 === 0 && username === 'eve' ? 'right' : 'wrong';
        expect(await source.authenticate(call % 2 === 0 ? username : 'ada', password)).toBeUndefined();
        spans[call % 2 === 0 ? 0 : 1].push(performance.now() - began);
      }
      ratios.push(medianOf(spans[0]) / medianOf(spans[1]));
    }
    expect(ratios.at(-1)).toBeGreaterThan(0.9);
    expect(ratios.at(-1)).toBeLessThan(1.1);
  },
  120_000,
);

function medianOf(spans: readonly number[]): number {
  return spans.toSorted((a, b) => a - b)[Math.floor(spans.length / 2)] ?? 0;
}

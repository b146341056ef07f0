import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { debianPackages, libraryPath } from './debian-packages.js';

describe("Debian's packages", () => {
  it('are unpacked, not installed, and run with what they need', async () => {
    const tree = await debianPackages(['slapd']);
    const env = { LD_LIBRARY_PATH: libraryPath(tree) };
    const asked = spawnSync(join(tree, 'usr/sbin/slapd'), ['-VV'], { env, encoding: 'utf8' });
    expect(asked.stderr).toContain('OpenLDAP: slapd 2.');
    expect(asked.status).toBe(0);
  }, 120_000);

  it('are one folder for everybody who asks for the same', async () => {
    const asked = await Promise.all([debianPackages(['slapd']), debianPackages(['slapd', 'slapd'])]);
    expect(new Set(asked).size).toBe(1);
  }, 120_000);

  it('that do not exist are named in the refusal', async () => {
    await expect(debianPackages(['no-such-package-of-debian'])).rejects.toThrow(
      /no-such-package-of-debian.*\n.*apt-get install/,
    );
  }, 120_000);
});

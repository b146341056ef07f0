import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { readSettings } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { newFolder } from '../../../test/harness/index.js';
import { startParts, Teardown } from './parts.js';

describe('the parts of a product on a Postgres and a directory of its own', () => {
  const settings = readSettings({
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    DATA_DIR: join(newFolder('parts'), 'data'),
    LDAP_URL: 'ldap://127.0.0.1:1',
    LDAP_BIND_DN: 'cn=tokenwarden,dc=example,dc=org',
    LDAP_BIND_PASSWORD: 'secret',
    LDAP_USER_BASE: 'ou=people,dc=example,dc=org',
  });

  it('are not stand-ins, and are let go of when it stops', async () => {
    const teardown = new Teardown();
    const parts = await startParts(settings, new Logs({ level: 'fatal' }), teardown);
    expect(parts.isEmbedded).toEqual({ postgres: false, directory: false });
    const close = jest.spyOn(parts.directory, 'close');
    await teardown.run((error) => {
      throw error;
    });
    expect(close).toHaveBeenCalledTimes(1);
  });
});

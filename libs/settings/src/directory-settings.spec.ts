import { describe, expect, it } from '@jest/globals';
import { readDirectorySettings, type SettingsError } from './index.js';

const LDAP = {
  LDAP_URL: 'ldap://a',
  LDAP_BIND_DN: 'cn=tokenwarden,dc=example,dc=org',
  LDAP_BIND_PASSWORD: 'hunter2-of-ldap',
  LDAP_USER_BASE: 'ou=people,dc=example,dc=org',
};

describe('the settings of the directory alone', () => {
  const readAlone = (environment: Record<string, string>) =>
    readDirectorySettings(environment, () => '-----BEGIN PUBLIC KEY-----');
  it('are read whatever is wrong with the others, with the warnings about it and no other', () =>
    expect(
      readAlone({
        ...LDAP,
        DATABASE_URL: 'nonsense',
        PORT: 'x',
        ADMIN_GROUPS: 'ops',
        WORKERS: 'x',
        LDAP_USERBASE: 'x',
      }),
    ).toEqual({
      host: '127.0.0.1',
      dataDir: expect.stringContaining('.tokenwarden'),
      directoryFile: undefined,
      ldap: expect.objectContaining({ urls: ['ldap://a:389'], bindPassword: 'hunter2-of-ldap' }),
      adminGroups: ['ops'],
      warnings: [
        expect.stringMatching(/^LDAP_URL: passwords cross the network in clear/),
        expect.stringMatching(/^LDAP_USERBASE is given, .* is LDAP_USER_BASE meant\?$/),
      ],
    }));
  it('are the demo where nothing is given', () =>
    expect(readAlone({})).toMatchObject({
      ldap: undefined,
      directoryFile: undefined,
      adminGroups: ['platform-admins'],
    }));
  it('are refused where they themselves are wrong, with all mistakes at once', () => {
    const mistakes = (environment: Record<string, string>) => {
      try {
        readAlone(environment);
      } catch (error) {
        return (error as SettingsError).mistakes;
      }
      return [];
    };
    const wrong = { LDAP_URL: 'x', LDAP_SCHEMA: 'y', LDAP_CA_FILE: '/etc/tw/key.pem', ADMIN_GROUPS: 'a,,b' };
    expect(mistakes(wrong)).toHaveLength(7); // these four, and the three that LDAP_URL requires
    expect(mistakes({ LDAP_USER_BASE: 'ou=x' })).toHaveLength(1);
    expect(mistakes({ DIRECTORY_SYNC_SCHEDULE: 'hourly' })).toEqual([
      expect.stringMatching(/^DIRECTORY_SYNC_SCHEDULE: write a cron expression/),
    ]);
  });
});

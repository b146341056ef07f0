import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readDatabaseSettings, readSettings, SettingsError } from './index.js';

const KEY = Buffer.alloc(32, 7).toString('base64');
const DATABASE = 'postgres://tw:hunter2@db.example:5432/tokenwarden';
const PRODUCTION = { DATABASE_URL: DATABASE, MASTER_KEY: KEY, DIRECTORY_FILE: '/etc/tw/people.json' };

function mistakesOf(
  environment: Record<string, string>,
  files: Record<string, string> = {},
): readonly string[] {
  try {
    readSettings(environment, fileReader(files));
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes;
    throw error;
  }
  return [];
}

function fileReader(files: Record<string, string>) {
  return (path: string): string => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return text;
  };
}

describe('the settings of an empty environment', () => {
  const settings = readSettings({});
  it('serve the demo on loopback', () =>
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://127.0.0.1:3000',
      databaseUrl: undefined,
      databaseDirectUrl: undefined,
      directoryFile: undefined,
      ldap: undefined,
      directorySyncSchedule: '*/5 * * * *',
      adminGroups: ['platform-admins'],
      masterKey: undefined,
      signingAlgorithm: 'ES256',
      audiences: ['http://127.0.0.1:3000'],
      sessionLifetime: 'PT12H',
      idempotencyWindow: 'P1D',
      idempotencyValueWindow: 'PT10M',
      introspectionCacheMaxAge: 1,
      allowedOrigins: [],
      trustedProxies: [],
      graphqlIntrospection: true,
      logLevel: 'info',
      warnings: [],
    }));
  it('name the instance by host name and port', () => expect(settings.instanceName).toMatch(/:3000$/));
  it('keep state below the folder of the start, as an absolute path', () =>
    expect(settings.dataDir).toMatch(/^\/.*\/\.tokenwarden$/));
});

describe('the settings with a database', () => {
  it('need the master key and the directory, both said at once', () =>
    expect(mistakesOf({ DATABASE_URL: DATABASE })).toEqual([
      expect.stringMatching(/^MASTER_KEY: it is required with DATABASE_URL/),
      expect.stringMatching(/^DIRECTORY_FILE: it or LDAP_URL is required with DATABASE_URL/),
    ]));
  it('have GraphQL introspection off and no administrators, and warn of the latter', () => {
    const settings = readSettings(PRODUCTION);
    expect(settings).toMatchObject({
      graphqlIntrospection: false,
      adminGroups: [],
      databaseDirectUrl: DATABASE,
    });
    expect(settings.warnings).toEqual([expect.stringContaining('ADMIN_GROUPS')]);
  });
  it('may listen on every address', () =>
    expect(readSettings({ ...PRODUCTION, HOST: '0.0.0.0' })).toMatchObject({
      publicUrl: 'http://0.0.0.0:3000',
    }));
});

describe('a secret', () => {
  it('may come from a file, without the line break at its end', () => {
    const { MASTER_KEY: _, ...rest } = PRODUCTION;
    const settings = readSettings(
      { ...rest, MASTER_KEY_FILE: '/run/key' },
      fileReader({ '/run/key': `${KEY}\n` }),
    );
    expect(settings.masterKey).toEqual(Buffer.alloc(32, 7));
  });
  it('is refused when both ways are given', () =>
    expect(mistakesOf({ ...PRODUCTION, MASTER_KEY_FILE: '/run/key' }, { '/run/key': KEY })).toEqual([
      'MASTER_KEY: give either MASTER_KEY or MASTER_KEY_FILE, not both.',
    ]));
  it.each([
    ['missing', {}, /cannot|no file that can be read \(ENOENT\)/],
    ['empty', { '/run/url': '\n' }, /is empty/],
  ])('whose file is %s is refused', (_, files, expected) =>
    expect(
      mistakesOf({ ...PRODUCTION, DATABASE_URL: undefined as never, DATABASE_URL_FILE: '/run/url' }, files),
    ).toEqual([expect.stringMatching(expected)]),
  );
  it('is in no mistake, and not in the settings when they are printed', () => {
    const mistakes = mistakesOf({
      DATABASE_URL: 'mysql://tw:hunter2@db/x',
      MASTER_KEY: 'c2VjcmV0LXNlY3JldA==',
    });
    expect(mistakes.join()).not.toMatch(/hunter2|c2VjcmV0/);
    const settings = readSettings(PRODUCTION);
    expect(inspect(settings) + JSON.stringify(settings)).not.toMatch(/hunter2|7, 7|07 07|BwcH/);
  });
});

describe('a mistake', () => {
  it('comes with all the others', () =>
    expect(
      mistakesOf({ PORT: 'x', LOG_LEVEL: 'loud', AUDIENCES: '', GRAPHQL_INTROSPECTION: 'yes' }),
    ).toHaveLength(4));

  it.each([
    ['PORT', '0', 'from 1 to 65535'],
    ['PORT', '65536', 'from 1 to 65535'],
    ['PORT', '3000.5', 'from 1 to 65535'],
    ['PORT', ' 3000', 'from 1 to 65535'],
    ['PORT', '', 'it is empty'],
    ['HOST', '0.0.0.0', 'loopback only'],
    ['HOST', '::', 'loopback only'],
    ['HOST', 'tokens.example', 'loopback only'],
    ['HOST', '[::1]', 'without brackets'],
    ['HOST', '127.0.0.1:80', 'without brackets or port'],
    ['HOST', '127.0.0', 'an IP address'],
    ['PUBLIC_URL', 'tokens.example', 'begins with https://'],
    ['PUBLIC_URL', 'ftp://tokens.example', 'begins with https://'],
    ['PUBLIC_URL', 'https://tokens.example/', 'trailing slash'],
    ['PUBLIC_URL', 'https://tokens.example?x', 'query'],
    ['PUBLIC_URL', 'https://tokens.example#', 'fragment'],
    ['PUBLIC_URL', 'https://me:pw@tokens.example', 'credentials'],
    ['PUBLIC_URL', 'https://Tokens.example', 'canonical form, https://tokens.example'],
    ['PUBLIC_URL', 'https://tokens.example:443', 'canonical form, https://tokens.example'],
    ['DATABASE_URL', 'db.example/tokenwarden', 'postgres://'],
    ['DATABASE_URL', '', 'it is empty'],
    ['DATABASE_DIRECT_URL', DATABASE, 'goes with DATABASE_URL'],
    ['DIRECTORY_SYNC_SCHEDULE', '@hourly', 'five fields'],
    ['DIRECTORY_SYNC_SCHEDULE', '0 0 31 2 *', 'five fields'],
    ['ADMIN_GROUPS', 'a,,b', 'item 2 is empty'],
    ['ADMIN_GROUPS', 'id:ADA', 'UUID in lower case'],
    ['MASTER_KEY', 'abc', 'exactly 32 bytes'],
    ['MASTER_KEY', KEY.replace('=', ''), 'exactly 32 bytes'],
    ['MASTER_KEY', `${KEY}\n`, 'exactly 32 bytes'],
    ['MASTER_KEY', Buffer.alloc(33).toString('base64'), 'exactly 32 bytes'],
    ['MASTER_KEY', '__________________________________________8=', 'exactly 32 bytes'],
    ['SIGNING_ALGORITHM', 'es256', 'one of ES256, RS256'],
    ['AUDIENCES', '', 'it is empty'],
    ['AUDIENCES', ' ', 'at least one'],
    ['AUDIENCES', 'a b', 'visible ASCII'],
    ['AUDIENCES', Array.from({ length: 20 }, (_, i) => `${i}${'x'.repeat(150)}`).join(), 'at most 2,000'],
    ['SESSION_LIFETIME', 'PT0S', 'from PT1S to P3650D'],
    ['SESSION_LIFETIME', '12h', 'from PT1S to P3650D'],
    ['SESSION_LIFETIME', 'P3651D', 'from PT1S to P3650D'],
    ['IDEMPOTENCY_WINDOW', 'PT0S', 'from PT1S to P3650D'],
    ['IDEMPOTENCY_VALUE_WINDOW', '10m', 'from PT1S to P3650D'],
    ['INTROSPECTION_CACHE_MAX_AGE', '61', 'from 0 to 60'],
    ['INTROSPECTION_CACHE_MAX_AGE', '-1', 'from 0 to 60'],
    ['ALLOWED_ORIGINS', '*', 'begins with https://'],
    ['ALLOWED_ORIGINS', 'https://console.example/', 'scheme, host and port only, https://console.example'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'an IP address or a range'],
    ['TRUSTED_PROXIES', 'loopback', 'an IP address or a range'],
    ['GRAPHQL_INTROSPECTION', 'TRUE', 'true or false'],
    ['INSTANCE_NAME', 'a b', 'visible ASCII'],
    ['LOG_LEVEL', 'verbose', 'one of fatal, error, warn, info, debug, trace'],
  ])('in %s (%j) says what would be right', (name, value, expected) => {
    const own = mistakesOf({ [name]: value }).filter((mistake) => mistake.startsWith(`${name}: `));
    expect(own).toEqual([expect.stringContaining(expected)]);
  });
});

describe('a value at the border', () => {
  it.each([
    [{ PORT: '1' }, { port: 1 }],
    [{ PORT: '65535' }, { port: 65_535 }],
    [{ INTROSPECTION_CACHE_MAX_AGE: '0' }, { introspectionCacheMaxAge: 0 }],
    [{ INTROSPECTION_CACHE_MAX_AGE: '60' }, { introspectionCacheMaxAge: 60 }],
    [{ SESSION_LIFETIME: 'PT24H' }, { sessionLifetime: 'P1D' }],
    [{ HOST: '::1' }, { publicUrl: 'http://[::1]:3000' }],
    [{ HOST: '127.9.9.9' }, { host: '127.9.9.9' }],
    [{ HOST: 'localhost', PORT: '80' }, { publicUrl: 'http://localhost:80' }],
    [{ PUBLIC_URL: 'https://example.com/tokens' }, { audiences: ['https://example.com/tokens'] }],
    [{ AUDIENCES: 'b, a,b' }, { audiences: ['b', 'a'] }],
    [{ ADMIN_GROUPS: '' }, { adminGroups: [] }],
    [
      { ADMIN_GROUPS: 'Ops Team, id:0b8e1c52-5f0e-4c7e-9d3a-6b1f2a3c4d5e' },
      { adminGroups: ['Ops Team', 'id:0b8e1c52-5f0e-4c7e-9d3a-6b1f2a3c4d5e'] },
    ],
    [{ TRUSTED_PROXIES: '10.0.0.0/8,::1,fd00::/8' }, { trustedProxies: ['10.0.0.0/8', '::1', 'fd00::/8'] }],
  ] as [Record<string, string>, object][])('%j is taken', (environment, expected) =>
    expect(readSettings(environment)).toMatchObject(expected),
  );
});

describe('a warning', () => {
  it.each([
    [{ ...PRODUCTION, ADMIN_GROUPS: 'ops', HOST: '0.0.0.0' }, 'PUBLIC_URL'],
    [{ PUBLIC_URL: 'http://tokens.example' }, 'plain http'],
    [{ WORKERS: '2' }, 'WORKERS is given'],
    [{ SMTP_URL: 'smtp://mail' }, 'MAIL_FROM is not given'],
  ] as [Record<string, string>, string][])('of %j names it', (environment, expected) =>
    expect(readSettings(environment).warnings).toEqual([expect.stringContaining(expected)]),
  );
});

describe('what only the start can know', () => {
  it('is added to settings that stay as they are', () => {
    const settings = readSettings({ PORT: '4000' });
    const known = settings.with({ databaseUrl: DATABASE, masterKey: Buffer.alloc(32) });
    expect(known).toMatchObject({ port: 4000, databaseUrl: DATABASE, graphqlIntrospection: true });
    expect(settings.databaseUrl).toBeUndefined();
  });
});

describe('the settings of the database alone', () => {
  const mistakes = (environment: Record<string, string>) => {
    try {
      readDatabaseSettings(environment);
    } catch (error) {
      return (error as SettingsError).mistakes;
    }
    return [];
  };
  it('are read without the master key and the directory, whatever else is wrong', () =>
    expect(readDatabaseSettings({ DATABASE_URL: DATABASE, HOST: '0.0.0.0', AUDIENCES: ',' })).toMatchObject({
      databaseUrl: DATABASE,
      databaseDirectUrl: DATABASE,
    }));
  it('are the embedded one where nothing is given', () =>
    expect(readDatabaseSettings({ DATA_DIR: '/srv/tw' })).toMatchObject({
      databaseUrl: undefined,
      databaseDirectUrl: undefined,
      dataDir: '/srv/tw',
    }));
  it('are refused where they themselves are wrong', () => {
    expect(mistakes({ DATABASE_URL: 'mysql://x/y', DATA_DIR: '' })).toHaveLength(2);
    expect(mistakes({ DATABASE_DIRECT_URL: DATABASE })).toEqual([
      expect.stringMatching(/^DATABASE_DIRECT_URL/),
    ]);
  });
});

import type { ChangeInput } from './policy-calls.js';

/** A change that is refused. */
export interface BadChange {
  readonly what: string;
  /** Of `UpdatePolicyInput`, beside `expectedVersion`. */
  readonly input: ChangeInput;
  readonly field: string;
  /** What the message says would be right. */
  readonly says: RegExp;
}

const A_PROFILE = {
  name: 'both',
  maximum: 'P30D',
  default: 'P7D',
  kinds: ['USER', 'SERVICE_ACCOUNT'],
  defaultFor: ['USER', 'SERVICE_ACCOUNT'],
};
const ANOTHER = { ...A_PROFILE, name: 'another', defaultFor: [] };
const LONG_DURATION =
  /duration from \S+ to P3650D|duration of weeks, days, hours, minutes, seconds up to P3650D/;
const CRON = /cron expression of five fields/;

const spans = (
  field: string,
  input: (span: unknown) => ChangeInput,
  tooShort: readonly string[],
): BadChange[] =>
  [...tooShort, '-P1D', 'P1M', 'P1Y', 'P3650DT1S', 'P99999D', '3600', 3600, ''].map((span) => ({
    what: `${JSON.stringify(span)} as ${field}`,
    input: { changes: input(span) },
    field: `changes.${field}`,
    says: LONG_DURATION,
  }));
const NONE_OR_LESS = ['PT0S', 'P0D'];

const schedules = (task: string): BadChange[] =>
  [
    '0 0 31 2 *',
    '0 0 30 2 1-0',
    '* * * * * *',
    '*/1 * * * * *',
    '@hourly',
    '0 8 * * MON',
    '60 * * * *',
    '0 24 * * *',
    '',
    'now',
  ].map((schedule) => ({
    what: `the schedule ${JSON.stringify(schedule)} of ${task}`,
    input: { changes: { [task]: { schedule } } },
    field: `changes.${task}.schedule`,
    says: CRON,
  }));

const thresholds = (what: string, list: readonly unknown[], says: RegExp): BadChange => ({
  what,
  input: { changes: { expiryWarnings: { thresholds: list } } },
  field: 'changes.expiryWarnings.thresholds',
  says,
});

const profiles = (what: string, list: readonly object[], at: string, says: RegExp): BadChange => ({
  what,
  input: { changes: { profiles: list } },
  field: `changes.profiles${at}`,
  says,
});

const names = [
  '',
  'x',
  'Upper',
  '1st',
  '-first',
  'two words',
  'under_score',
  'ümlaut',
  'new\nline',
  'a'.repeat(33),
].map((name) =>
  profiles(
    `the profile name ${JSON.stringify(name)}`,
    [A_PROFILE, { ...ANOTHER, name }],
    '.1.name',
    /2 to 32 characters of a-z/,
  ),
);

const cap = (what: string, enforceFrom: string, existingTokens: string, says: RegExp): BadChange => ({
  what,
  input: { changes: { orphanGrace: 'P3D' }, existingTokens, enforceFrom },
  field: 'enforceFrom',
  says,
});
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const A_TOKEN = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(20)}.${'b'.repeat(20)}`;

/** Every way in which a policy cannot be, and how a change to it is answered. */
export const BAD_CHANGES: readonly BadChange[] = [
  ...spans('purge.after', (after) => ({ purge: { after } }), NONE_OR_LESS),
  ...spans('idleRevocation.after', (after) => ({ idleRevocation: { after } }), [...NONE_OR_LESS, 'PT59S']),
  ...spans('maximumOverlap', (maximumOverlap) => ({ maximumOverlap }), []),
  ...spans('orphanGrace', (orphanGrace) => ({ orphanGrace }), []),
  ...spans('profiles.0.maximum', (maximum) => ({ profiles: [{ ...A_PROFILE, maximum }] }), NONE_OR_LESS),
  ...spans(
    'profiles.1.default',
    (lifetime) => ({ profiles: [A_PROFILE, { ...ANOTHER, default: lifetime }] }),
    NONE_OR_LESS,
  ),
  ...spans(
    'expiryWarnings.thresholds.1',
    (threshold) => ({ expiryWarnings: { thresholds: ['P1D', threshold] } }),
    NONE_OR_LESS,
  ),
  thresholds('no thresholds', [], /1 to 10 durations; .*enabled to false/),
  thresholds(
    'eleven thresholds',
    Array.from({ length: 11 }, (_, day) => `P${day + 1}D`),
    /1 to 10/,
  ),
  thresholds('one threshold twice', ['P7D', 'P1D', 'P7D'], /Each length once: P7D/),
  thresholds('one length in two words', ['P1D', 'PT24H'], /Each length once: P1D/),
  ...['expiryWarnings', 'purge', 'idleRevocation'].flatMap(schedules),
  {
    what: 'no channels',
    input: { changes: { expiryWarnings: { channels: [] } } },
    field: 'changes.expiryWarnings.channels',
    says: /at least one/,
  },
  {
    what: 'a channel that there is not',
    input: { changes: { expiryWarnings: { channels: ['PIGEON'] } } },
    field: 'changes.expiryWarnings.channels.0',
    says: /./,
  },
  ...names,
  profiles(
    'a default above the maximum',
    [{ ...A_PROFILE, default: 'P30DT1S' }],
    '.0.default',
    /longer than the maximum, which is P30D/,
  ),
  profiles('no profiles', [], '', /1 to 50 profiles/),
  profiles(
    '51 profiles',
    [A_PROFILE, ...Array.from({ length: 50 }, (_, index) => ({ ...ANOTHER, name: `p${index}` }))],
    '',
    /1 to 50 profiles/,
  ),
  profiles(
    'one name twice',
    [A_PROFILE, { ...ANOTHER, name: 'both' }],
    '',
    /a name of its own: there are two "both"/,
  ),
  profiles(
    'no default profile of a kind',
    [{ ...A_PROFILE, defaultFor: ['USER'] }],
    '',
    /default for SERVICE_ACCOUNT; here are 0/,
  ),
  profiles(
    'two default profiles of a kind',
    [A_PROFILE, { ...ANOTHER, defaultFor: ['USER'] }],
    '',
    /default for USER; here are 2/,
  ),
  profiles('no kinds', [A_PROFILE, { ...ANOTHER, kinds: [] }], '.1.kinds', /at least one kind/),
  profiles(
    'a default for a kind that it is not for',
    [A_PROFILE, { ...ANOTHER, kinds: ['USER'], defaultFor: ['SERVICE_ACCOUNT'] }],
    '.1.defaultFor',
    /among the kinds/,
  ),
  profiles('a blank description', [{ ...A_PROFILE, description: ' ' }], '.0.description', /visible/),
  profiles(
    'too long a description',
    [{ ...A_PROFILE, description: 'x'.repeat(1_001) }],
    '.0.description',
    /1000/,
  ),
  profiles(
    'a description with a token',
    [{ ...A_PROFILE, description: A_TOKEN }],
    '.0.description',
    /secret/,
  ),
  profiles('a name with a NUL', [{ ...A_PROFILE, name: 'a\u0000b' }], '.0.name', /U\+0000/),
  {
    what: 'a reason with a token',
    input: { changes: { orphanGrace: 'P3D' }, reason: A_TOKEN },
    field: 'reason',
    says: /secret/,
  },
  {
    what: 'a blank reason',
    input: { changes: { orphanGrace: 'P3D' }, reason: '\u200b' },
    field: 'reason',
    says: /visible/,
  },
  cap('a moment with KEEP', inDays(1), 'KEEP', /CAP alone/),
  cap('a moment that is gone, with KEEP', inDays(-1), 'KEEP', /CAP alone/),
  cap(
    'a moment too far away',
    inDays(3_651),
    'CAP',
    /at most P3650D ahead; a moment before now counts as now/,
  ),
  cap('no moment', '2026-02-30T00:00:00Z', 'CAP', /RFC 3339/),
  { what: 'nothing', input: { changes: {} }, field: 'changes', says: /changes nothing/ },
  {
    what: 'nothing, at length',
    input: { changes: { purge: {}, expiryWarnings: {} } },
    field: 'changes',
    says: /changes nothing/,
  },
  {
    what: 'what is so already',
    input: { changes: { maximumOverlap: 'PT168H' } },
    field: 'changes',
    says: /changes nothing/,
  },
  {
    what: 'nothing, by CAP',
    input: { changes: {}, existingTokens: 'CAP' },
    field: 'changes',
    says: /changes nothing/,
  },
];

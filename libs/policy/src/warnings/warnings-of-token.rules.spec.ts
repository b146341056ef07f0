import { describe, expect, it } from '@jest/globals';
import { warningsOfToken, type DecidedWarningOfToken } from './warnings-of-token.rules.js';

const token = {
  createdAt: new Date('2026-01-01T00:00:00Z'),
  endsAt: new Date('2026-03-31T00:00:00Z'),
  revokedAt: null,
  rotatedAt: null,
};
const policy = { enabled: true, thresholds: ['P30D', 'P7D', 'P1D'] };
const early = new Date('2026-02-01T00:00:00Z');
const decided = (seconds: number, more: Partial<DecidedWarningOfToken> = {}): DecidedWarningOfToken => ({
  endsAt: token.endsAt,
  thresholdSeconds: seconds,
  recipients: 2,
  sentAt: new Date('2026-03-01T08:00:10Z'),
  ...more,
});
const P30D = 30 * 86_400;
const P7D = 7 * 86_400;
const shown = (...parameters: Parameters<typeof warningsOfToken>) =>
  warningsOfToken(...parameters).map(({ threshold }) => threshold);

describe('the warnings of a token', () => {
  it('are all to come, soonest first, before any threshold has passed', () =>
    expect(warningsOfToken(token, [], policy, early)).toEqual([
      { threshold: 'P30D', dueAt: new Date('2026-03-01T00:00:00Z'), sentAt: null, recipients: 0 },
      { threshold: 'P7D', dueAt: new Date('2026-03-24T00:00:00Z'), sentAt: null, recipients: 0 },
      { threshold: 'P1D', dueAt: new Date('2026-03-30T00:00:00Z'), sentAt: null, recipients: 0 },
    ]));
  it('say when each was sent and to how many', () =>
    expect(warningsOfToken(token, [decided(P30D)], policy, new Date('2026-03-02T00:00:00Z'))).toEqual([
      {
        threshold: 'P30D',
        dueAt: new Date('2026-03-01T00:00:00Z'),
        sentAt: new Date('2026-03-01T08:00:10Z'),
        recipients: 2,
      },
      { threshold: 'P7D', dueAt: new Date('2026-03-24T00:00:00Z'), sentAt: null, recipients: 0 },
      { threshold: 'P1D', dueAt: new Date('2026-03-30T00:00:00Z'), sentAt: null, recipients: 0 },
    ]));
  it('name nobody while it is not known who is told', () =>
    expect(
      warningsOfToken(token, [decided(P30D, { recipients: null, sentAt: null })], policy, early)[0],
    ).toMatchObject({ threshold: 'P30D', recipients: 0, sentAt: null }));
  it('are of those that have passed only the most urgent', () =>
    expect(shown(token, [], policy, new Date('2026-03-24T00:00:00Z'))).toEqual(['P7D', 'P1D']));
  it('are at the moment at which one passes that one, and a second earlier the one before, too', () => {
    expect(shown(token, [], policy, new Date('2026-03-23T23:59:59Z'))).toEqual(['P30D', 'P7D', 'P1D']);
    expect(shown(token, [], policy, new Date('2026-03-30T00:00:00Z'))).toEqual(['P1D']);
  });
  it('are none that is less urgent than one decided', () =>
    expect(
      shown(
        token,
        [decided(P7D)],
        { ...policy, thresholds: ['P45D', 'P10D', 'P2D'] },
        new Date('2026-03-25T00:00:00Z'),
      ),
    ).toEqual(['P7D', 'P2D']));
  it('are of the present end alone', () => {
    const earlier = decided(P30D, { endsAt: new Date('2026-04-30T00:00:00Z') });
    expect(shown(token, [earlier], policy, early)).toEqual(['P30D', 'P7D', 'P1D']);
    expect(warningsOfToken(token, [earlier], policy, early)[0]).toMatchObject({ sentAt: null });
  });
  it('are none for a threshold as long as the whole life', () => {
    const short = { ...token, createdAt: new Date('2026-03-24T00:00:00Z') };
    expect(shown(short, [], policy, short.createdAt)).toEqual(['P1D']);
    const longer = { ...token, createdAt: new Date('2026-03-23T23:59:59Z') };
    expect(shown(longer, [], policy, longer.createdAt)).toEqual(['P7D', 'P1D']);
  });
  it.each([
    ['revoked', { revokedAt: early }],
    ['rotated', { rotatedAt: early }],
    ['expired', { endsAt: early }],
  ])('are of one that is %s those alone that were decided', (_, facts) => {
    const ended = { ...token, ...facts };
    expect(shown(ended, [], policy, early)).toEqual([]);
    expect(shown(ended, [decided(P30D, { endsAt: ended.endsAt })], policy, early)).toEqual(['P30D']);
  });
  it('are those alone that were decided while warnings are off', () =>
    expect(shown(token, [decided(P30D)], { ...policy, enabled: false }, early)).toEqual(['P30D']));
});

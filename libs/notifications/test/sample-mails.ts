import type { ExpiryDigest, IdleDigest, ListedToken, MailContent, NamedSome } from '../src/mail/content.js';
import { renderMail } from '../src/mail/render-mail.js';
import type { RenderedMail } from '../src/mail/rendered-mail.js';

/** When the samples are sent. */
export const SENT = new Date('2026-11-27T23:00:00Z');
/** Where the product of the samples is reached. */
export const PUBLIC_URL = 'https://tokens.example.com';

/** The id of the thing of this number. */
export const id = (number: number) => `0c5a6f2e-4b1d-4f0e-9a3b-${String(number).padStart(12, '0')}`;

/** A token of grace that ends in seven days, and whatever else a test wants. */
export function listed<T extends object = object>(facts?: Partial<ListedToken> & T): ListedToken & T {
  return {
    ...{ id: id(1), name: 'laptop', kind: 'USER', account: null },
    ...{ endsAt: '2026-12-04T23:00:00.000Z', lastUsedAt: '2026-11-27T20:15:00.000Z' },
    ...facts,
  } as ListedToken & T;
}

/** A digest of these tokens, each warned of seven days ahead. */
export function expiring(
  tokens: readonly Partial<ListedToken>[],
  facts: Partial<ExpiryDigest> = {},
): ExpiryDigest {
  const warned = tokens.map((token) => listed({ threshold: 'P7D', ...token }));
  return { type: 'expiry-digest', tokens: warned, more: 0, ...facts };
}

/** A digest of tokens unused for 90 days. */
export function idle(tokens: readonly Partial<ListedToken>[], facts: Partial<IdleDigest> = {}): IdleDigest {
  const marked = tokens.map((token) => listed({ revokedFrom: '2027-02-25T23:00:00.000Z', ...token }));
  return { type: 'idle-digest', after: 'P90D', tokens: marked, more: 0, ...facts };
}

/** Things of these names. */
export function some(names: readonly string[], count = names.length): NamedSome {
  return { count, listed: names.map((name, i) => ({ id: id(100 + i), name })) };
}

const RECENTLY = '2026-11-27T22:55:00.250Z';

/** One mail of each type; wherever somebody else's words stand, these do. */
export function oneOfEach(written = 'nightly-etl'): MailContent[] {
  const accounts = some([written]);
  const none = some([]);
  return [
    expiring([{ name: written }, { id: id(2), name: written, kind: 'SERVICE_ACCOUNT', account: written }]),
    idle([{ name: written, kind: 'SERVICE_ACCOUNT', account: written, asAdministrator: true }]),
    expiring([{ name: written, kind: 'SERVICE_ACCOUNT', account: written, asAdministrator: true }]),
    expiring([{ name: written, isSuspended: true }, { id: id(2) }]),
    idle([{ name: written, isSuspended: true }]),
    { type: 'task-fails', task: 'PURGE', runId: id(3), failedAt: RECENTLY, error: written },
    ...[RECENTLY, null].map((failingSince) => ({
      ...({ type: 'task-recovers', task: 'DIRECTORY_SYNC', runId: id(4) } as const),
      ...{ recoveredAt: RECENTLY, failingSince },
    })),
    {
      ...{ type: 'task-recovers', task: 'DIRECTORY_SYNC', runId: id(4), state: 'HELD' },
      ...{ recoveredAt: RECENTLY, failingSince: RECENTLY },
    },
    {
      ...{ type: 'answer-held', runId: id(5), heldAt: RECENTLY, reasons: [written] },
      ...{ disabledUsers: accounts, removedUsers: none, removedGroups: accounts, emptiedGroups: accounts },
    },
    ...[written, null].map((acceptedBy) => ({
      ...({ type: 'answer-released', runId: id(6), releasedAt: RECENTLY } as const),
      ...{ heldSince: RECENTLY, acceptedBy },
    })),
    ...['P30D', 'PT0S'].map((grace) => ({
      ...({ type: 'accounts-orphaned', accounts, orphanedAt: RECENTLY } as const),
      ...{ grace, recoverableUntil: '2026-12-27T22:55:00.250Z' },
    })),
    ...[written, null].map((linkedBy) => ({
      ...({ type: 'accounts-recovered', accounts, recoveredAt: RECENTLY, linkedBy } as const),
    })),
    { type: 'accounts-past-grace', accounts, endedAt: RECENTLY, grace: 'P30D', revokedTokens: 14 },
    {
      ...{ type: 'orphan-deleted', account: { id: id(7), name: written }, deletedAt: RECENTLY },
      ...{ deletedBy: written, revokedTokens: 2 },
    },
  ];
}

/** The mail as it is sent to Grace Hopper, or to somebody else. */
export function rendered(content: MailContent, recipientName = 'Grace Hopper', now = SENT): RenderedMail {
  return renderMail(content, { publicUrl: PUBLIC_URL, now, recipientName });
}

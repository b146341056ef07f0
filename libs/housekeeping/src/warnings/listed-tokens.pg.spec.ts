import { describe, expect, it } from '@jest/globals';
import { warningWorldForSpecs } from '../../test/warning-world.js';
import { expiringTokens } from '../expiry-warnings/expiring-tokens.queries.js';
import { digestOf, eventsOf } from './digest-content.js';
import { nextForWebhook, openTokens } from './open-warnings.queries.js';
import { decideNext } from './through-ends.queries.js';

const world = warningWorldForSpecs();
const EXPIRY = { kind: 'EXPIRY' } as const;

/** A token that goes and one that is suspended, both of grace and warned of; gives her id. */
async function twoOfGrace(): Promise<string> {
  const grace = await world.user('grace');
  await world.token({ ends: '1 hour', userId: grace, name: 'goes' });
  await world.token({ ends: '2 hours', userId: grace, name: 'paused', isSuspended: true });
  const channels = { byMail: true, byWebhook: true, webhook: 'on' } as const;
  const search = expiringTokens(['P1D'], channels);
  await world.server.database.transaction((tx) => decideNext(tx, search, { behind: null, most: 100 }));
  return grace;
}

describe('what is listed of a token', () => {
  it('says to people whether it is suspended', async () => {
    const grace = await twoOfGrace();
    const open = { channel: 'EMAIL', ...EXPIRY } as const;
    const tokens = await world.server.database.read((tx) => openTokens(tx, open, [grace]));
    expect(digestOf(EXPIRY, tokens)).toMatchObject({
      tokens: [
        { name: 'goes', isSuspended: false },
        { name: 'paused', isSuspended: true },
      ],
    });
  });

  it('has for the webhook the fields that were promised, and no other', async () => {
    await twoOfGrace();
    const open = { channel: 'WEBHOOK', ...EXPIRY } as const;
    const tokens = await world.server.database.read(async (tx) =>
      openTokens(tx, open, await nextForWebhook(tx, 'EXPIRY', 10)),
    );
    const [event] = eventsOf(EXPIRY, tokens);
    const listed = event?.content.data.tokens as object[];
    expect(listed.map((token) => Object.keys(token).sort().join(' '))).toEqual(
      Array(2).fill('endsAt id kind lastUsedAt name owner'),
    );
  });
});

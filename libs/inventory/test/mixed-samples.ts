import type { StoredSamples } from './stored-samples.js';

/** Ninety tokens of two users and an account of one's group that differ in all that lists go by; gives those four's ids. */
export async function mixedSamples(
  samples: StoredSamples,
): Promise<Record<'ada' | 'grace' | 'etl' | 'group', string>> {
  await samples.signingKey();
  const group = await samples.group(['a:*']);
  const ada = await samples.user('ada');
  const grace = await samples.user('grace', [group]);
  const etl = await samples.account('etl', [group]);
  // Equal moments, names and uses on purpose: pages are cut among them.
  for (let index = 0; index < 90; index += 1) {
    const day = String((index % 9) + 1).padStart(2, '0');
    const token = {
      name: `${['b', 'B', '\u{1F511}', '\uFFFD', 'a'][index % 5] ?? ''}-etl-${index % 3}`,
      createdAt: `2026-01-${day}T00:00:00Z`,
      endsAt: index % 4 === 0 ? `2026-0${(index % 5) + 2}-${day}T00:00:00Z` : `2999-01-${day}T00:00:00Z`,
      profile: index % 7 === 0 ? 'ephemeral' : 'interactive',
      suspended: index % 6 === 0,
      revoked: index % 10 === 3,
      scopes: index % 3 === 0 ? null : ['a:b'],
      ...(index % 3 === 1 ? {} : { usedAt: `2026-01-1${index % 4}T00:00:00.00${index % 2}5Z` }),
    };
    if (index % 3 === 2) await samples.tokenOfAccount(etl, token);
    else await samples.tokenOfUser(index % 2 === 0 ? ada : grace, token);
  }
  return { ada, grace, etl, group };
}

import { rows, type Transaction } from '@tokenwarden/database';

/** What one process saw of a token's uses since it last wrote them down. */
export interface UsesOfToken {
  readonly tokenId: string;
  /** Of the latest use. */
  readonly lastUsedAt: Date;
  /** IP address of the latest use that said one; undefined leaves what is known. */
  readonly from?: string | undefined;
  /** User agent of the latest use that said one; undefined leaves what is known. */
  readonly agent?: string | undefined;
  /** How many uses on which day in UTC, as 2026-11-24. */
  readonly days: ReadonlyMap<string, number>;
}

/** When, from where and by what a token was used last. */
export interface LastUse {
  readonly tokenId: string;
  readonly at: Date;
  readonly from: string | null;
  readonly agent: string | null;
}

/** Uses of one day in UTC. */
export interface UsageDay {
  /** As 2026-11-24. */
  readonly date: string;
  readonly count: bigint;
}

/** Uses of so many days are kept; what is older goes when the token is next used on a new day. */
export const USAGE_DAYS_KEPT = 90;

/**
 * Writes down uses as one process saw them (rule 21), a few hundred tokens a call, each once. A use of a token whose row is
 * gone is dropped; where one is purged in this very moment it may fail, and does not when tried again. Never call it where
 * somebody waits for an answer of resolving.
 */
export async function recordUses(tx: Transaction, uses: readonly UsesOfToken[]): Promise<void> {
  if (uses.length === 0) return;
  const sorted = [...uses].sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1)); // two processes never wait in a circle
  await markFirstUses(tx, sorted);
  await addLastUses(tx, sorted);
  await addToDays(tx, sorted);
}

// The latest use that is told of: a few seconds do not matter here. Only a first use touches the row of the token, so that
// writing uses down neither waits for whoever changes a token nor holds them up.
async function markFirstUses(tx: Transaction, uses: readonly UsesOfToken[]): Promise<void> {
  await rows(
    tx,
    `WITH unused AS (SELECT t.id, seen.at FROM unnest($1::uuid[], $2::timestamptz[]) AS seen (id, at)
         JOIN access_tokens t ON t.id = seen.id WHERE t.first_used_at IS NULL ORDER BY t.id FOR NO KEY UPDATE OF t)
     UPDATE access_tokens t SET first_used_at = unused.at FROM unused WHERE t.id = unused.id`,
    [uses.map((use) => use.tokenId), uses.map((use) => use.lastUsedAt)],
  );
}

async function addLastUses(tx: Transaction, uses: readonly UsesOfToken[]): Promise<void> {
  await rows(
    tx,
    `INSERT INTO token_uses AS u (token_id, last_used_at, last_used_from, last_used_agent)
     SELECT seen.id, seen.at, seen."from", seen.agent
     FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[]) AS seen (id, at, "from", agent)
     JOIN access_tokens t ON t.id = seen.id ORDER BY seen.id
     ON CONFLICT (token_id) DO UPDATE SET
       last_used_at = greatest(u.last_used_at, excluded.last_used_at),
       last_used_from = CASE WHEN excluded.last_used_at >= u.last_used_at
         THEN coalesce(excluded.last_used_from, u.last_used_from) ELSE coalesce(u.last_used_from, excluded.last_used_from) END,
       last_used_agent = CASE WHEN excluded.last_used_at >= u.last_used_at
         THEN coalesce(excluded.last_used_agent, u.last_used_agent) ELSE coalesce(u.last_used_agent, excluded.last_used_agent) END`,
    [
      uses.map((use) => use.tokenId),
      uses.map((use) => use.lastUsedAt),
      uses.map((use) => use.from ?? null),
      uses.map((use) => use.agent ?? null),
    ],
  );
}

async function addToDays(tx: Transaction, uses: readonly UsesOfToken[]): Promise<void> {
  const days = uses.flatMap(({ tokenId, days: ofToken }) =>
    [...ofToken].map(([day, count]) => ({ tokenId, day, count })),
  );
  const written = await rows<{ id: string; isNew: boolean }>(
    tx,
    `INSERT INTO token_usage_days AS d (token_id, day, uses)
     SELECT seen.id, seen.day, seen.count
     FROM unnest($1::uuid[], $2::date[], $3::bigint[]) AS seen (id, day, count)
     JOIN access_tokens t ON t.id = seen.id ORDER BY seen.id, seen.day
     ON CONFLICT (token_id, day) DO UPDATE SET uses = d.uses + excluded.uses
     RETURNING token_id AS id, (xmax = 0) AS "isNew"`,
    [days.map(({ tokenId }) => tokenId), days.map(({ day }) => day), days.map(({ count }) => count)],
  );
  const renewed = written.filter(({ isNew }) => isNew).map(({ id }) => id);
  if (renewed.length === 0) return;
  await rows(
    tx,
    `DELETE FROM token_usage_days WHERE token_id = ANY ($1::uuid[])
       AND day <= (clock_timestamp() AT TIME ZONE 'UTC')::date - ${USAGE_DAYS_KEPT}`,
    [renewed],
  );
}

/** The last uses of these tokens, by id; those never used are missing. */
export async function lastUsesOf(tx: Transaction, ids: readonly string[]): Promise<Map<string, LastUse>> {
  const found = await rows<LastUse>(
    tx,
    `SELECT token_id AS "tokenId", last_used_at AS at, last_used_from AS "from", last_used_agent AS agent
     FROM token_uses WHERE token_id = ANY ($1::uuid[])`,
    [ids],
  );
  return new Map(found.map((use) => [use.tokenId, use]));
}

/** The uses of these tokens on each of the last `days` days in UTC, oldest first, days without use included; by id. */
export async function usageOf(
  tx: Transaction,
  ids: readonly string[],
  days: number,
): Promise<Map<string, UsageDay[]>> {
  const found = await rows<{ id: string; date: string; count: string }>(
    tx,
    `SELECT token.id, to_char(day.date, 'YYYY-MM-DD') AS date, coalesce(d.uses, 0) AS count
     FROM unnest($1::uuid[]) AS token (id)
     CROSS JOIN LATERAL (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date - ago AS date FROM generate_series(0, $2::integer - 1) AS ago) AS day
     LEFT JOIN token_usage_days d ON d.token_id = token.id AND d.day = day.date
     ORDER BY token.id, day.date`,
    [ids, days],
  );
  const byToken = new Map<string, UsageDay[]>(ids.map((id) => [id, []]));
  for (const { id, date, count } of found) byToken.get(id)?.push({ date, count: BigInt(count) });
  return byToken;
}

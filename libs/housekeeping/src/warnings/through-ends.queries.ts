import { rows, type Transaction } from '@tokenwarden/database';
import { NOBODY, unavailable } from '@tokenwarden/vocabulary';
import {
  addressInParts,
  addressWarnings,
  decideWarnings,
  MOST_ADDRESSED,
  type WarningKind,
} from './addressing.queries.js';
import type { WarningChannels } from './warning-channels.js';

/** Where in the order of ends a run is. */
export interface PlaceAmongEnds {
  readonly endsAt: Date;
  readonly id: string;
}

/** How far one statement goes: behind this place, so many tokens. */
export interface Reach {
  readonly behind: PlaceAmongEnds | null;
  readonly most: number;
}

/** What is looked for along the ends of tokens. */
export interface Search {
  readonly kind: WarningKind;
  readonly channels: WarningChannels;
  /**
   * The beginning of a statement: WITH queries `looked` (`id`, `ends_at`), the next tokens that are looked at, behind the end `$1`
   * and the id `$2` and at most `$3` of them; and `due`, as `decideWarnings` has it, those among them that are warned of.
   */
  lookingAt(tx: Transaction): Promise<string>;
  /** What stands for `$4` and further. */
  readonly parameters: readonly unknown[];
}

/** What one statement found. */
export interface Found {
  /** Tokens that were looked at. */
  readonly examined: number;
  readonly due: number;
  /** Names of those who would be told and have no address. */
  readonly withoutEmail: readonly string[];
  /** Where nothing was written: the ids of those who would get mail. */
  readonly recipients: readonly string[];
  /** The last token that was looked at. */
  readonly last: PlaceAmongEnds | null;
}

/** SQL: the picture of a moment in UTC as RFC 3339 has it, for `to_char`. */
export const RFC_3339 = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/**
 * Decides the warnings of the next tokens by end: writes them, who is told of each, and their events, by one statement; where a
 * single warning has very many recipients these follow by statements of their own.
 * @throws Problem `UNAVAILABLE` where all of them together have more recipients than one statement writes: look at fewer
 */
export async function decideNext(tx: Transaction, search: Search, reach: Reach): Promise<Found> {
  const deciding = decideWarnings(search.kind, search.channels);
  const told = `(SELECT coalesce(sum(count), 0)::float8 FROM told) AS told, (SELECT warning_id FROM due LIMIT 1) AS "warningId"`;
  const {
    told: recipients,
    warningId,
    ...next
  } = await found<Decided>(
    tx,
    search,
    reach,
    `${deciding} SELECT ${FOUND}, ARRAY[]::uuid[] AS recipients, ${told}`,
  );
  if (recipients <= MOST_ADDRESSED || warningId === null) return next;
  if (next.due > 1) throw unavailable('So many tokens have more recipients than are written at once.');
  await addressInParts(tx, warningId, search.channels);
  return next;
}

/** What is said beside that of a statement that decides: how many are told, and of what if it is one. */
interface Decided {
  readonly told: number;
  readonly warningId: string | null;
}

/** What `decideNext` would find, and nothing is written. */
export async function foreseeNext(tx: Transaction, search: Search, reach: Reach): Promise<Found> {
  // Not by `addressees`: of a thousand tokens of one account that were its members a thousand times.
  const recipients = 'ARRAY(SELECT user_id FROM owners UNION SELECT user_id FROM of_accounts) AS recipients';
  return found<object>(
    tx,
    search,
    reach,
    `${addressWarnings(search.channels)} SELECT ${FOUND}, ${recipients}`,
  );
}

const FOUND = `(SELECT count(*)::int FROM looked) AS examined, (SELECT count(*)::int FROM due) AS due,
  ARRAY(SELECT username FROM unreachable) AS "withoutEmail",
  (SELECT jsonb_build_object('endsAt', extract(epoch FROM ends_at) * 1000, 'id', id)
   FROM looked ORDER BY ends_at DESC, id DESC LIMIT 1) AS last`;

interface Row extends Omit<Found, 'last'> {
  readonly last: { readonly endsAt: number; readonly id: string } | null;
}

async function found<Further extends object>(
  tx: Transaction,
  search: Search,
  { behind, most }: Reach,
  rest: string,
): Promise<Found & Further> {
  const [row] = await rows<Row & Further>(tx, `${await search.lookingAt(tx)}, ${rest}`, [
    behind?.endsAt ?? new Date(0),
    behind?.id ?? NOBODY,
    most,
    ...search.parameters,
  ]);
  if (!row) throw new Error('A statement that counts gave nothing.');
  const { last } = row;
  return { ...row, last: last && { id: last.id, endsAt: new Date(last.endsAt) } };
}

import { Injectable } from '@nestjs/common';
import {
  pageOf,
  toConnection,
  type Batch,
  type Connection,
  type ForwardPageArgs,
  type Loaders,
  type Page,
} from '@tokenwarden/api';
import { Database, databaseNow, rows, type Transaction } from '@tokenwarden/database';
import { accountsManagedBy } from '@tokenwarden/service-accounts';
import { seesToken, standingOf, toAccessToken, tokensByIds } from '@tokenwarden/tokens';
import type { Caller } from '@tokenwarden/vocabulary';
import { prepareChange, requireSomeChange, type AskedChange } from '../change/prepare-change.js';
import { currentPolicy } from '../policy.service.js';
import { capHitsAny, type ForeseenChange } from './effects.queries.js';
import { IMPACT_CURSOR, readImpact, type HitToken, type ImpactCounts } from './impact.queries.js';
import { ImpactTurns } from './impact-turns.js';
import type { AffectedToken, PolicyImpact } from './impact.types.js';

/** What is read of an impact together; `tokens` are those of the page, and one more where it goes on. */
interface ImpactPart {
  readonly change: ForeseenChange;
  readonly counts: ImpactCounts;
  readonly tokens: readonly AffectedToken[];
}

const COUNTS = 'counts';

/** What changes of the policy would do, before they are made. */
@Injectable()
export class PolicyImpactService {
  private readonly turns = new ImpactTurns();

  constructor(private readonly database: Database) {}

  /**
   * What this change would do (rule 14). It is refused where the change itself would be, in the same order. The counts and the
   * pages that one query asks for are read in one snapshot, together. Tokens are listed whosever they are, as foreign ones where
   * the caller would not see them otherwise. Few look at a time: whoever does not come to it soon is told UNAVAILABLE.
   * @throws Problem `INVALID_INPUT`, `VERSION_CONFLICT`, `UNAVAILABLE`
   */
  async foresee(caller: Caller, asked: AskedChange, loaders: Loaders): Promise<PolicyImpact> {
    await this.turns.take(() => this.database.inSnapshot((tx) => requireChange(tx, asked)));
    const read: Batch<Page | typeof COUNTS, ImpactPart> = (keys) =>
      this.turns.take(() => this.database.inSnapshot((tx) => readParts(tx, { caller, asked }, keys)));
    const part = async (key: Page | typeof COUNTS) => {
      const found = await loaders.load(read, key);
      if (!found) throw new Error('An impact was not read.');
      return found;
    };
    const counts = async () => (await part(COUNTS)).counts;
    return impactOf(counts, (args) => pageOfTokens(asked, args, part));
  }
}

async function foreseen(tx: Transaction, asked: AskedChange) {
  const current = await currentPolicy(tx);
  const at = await databaseNow(tx);
  const prepared = prepareChange(current, asked, at);
  const { document: changed, cap } = prepared;
  const change: ForeseenChange = { today: current.document, changed, cap, at };
  return { prepared, change };
}

async function requireChange(tx: Transaction, asked: AskedChange): Promise<void> {
  const { prepared, change } = await foreseen(tx, asked);
  // Where the policy itself changes, it is enough: whether a cap hits anything need not be asked of every token.
  const isHit = prepared.difference.length === 0 && change.cap !== null && (await capHitsAny(tx, change));
  requireSomeChange(prepared, isHit ? 1 : 0);
}

async function readParts<K extends Page | typeof COUNTS>(
  tx: Transaction,
  { caller, asked }: { readonly caller: Caller; readonly asked: AskedChange },
  keys: readonly K[],
): Promise<Map<K, ImpactPart>> {
  const { change } = await foreseen(tx, asked);
  // With the usual 4 MB Postgres would look up the uses of each of a million tokens one by one, and take more than twice as long.
  await rows(tx, `SET LOCAL work_mem = '64MB'`);
  const pages = keys.filter((key): key is K & Page => key !== COUNTS);
  const impact = await readImpact(tx, change, pages);
  const ids = [...new Set(impact.pages.flat().map(({ id }) => id))];
  const stored = await tokensByIds(tx, ids);
  const managed = new Set(
    caller.principal.kind === 'USER' ? await accountsManagedBy(tx, caller.principal.id) : [],
  );
  const shown = ({ id, ...hit }: HitToken): AffectedToken => {
    const token = stored.get(id);
    if (!token) throw new Error('A token of the snapshot is not there.');
    const isForeign = !seesToken(token, standingOf(token, caller, managed), caller);
    return { ...hit, token: toAccessToken(token, change.at, { isForeign }) };
  };
  const { counts } = impact;
  const tokensOf = (key: K) => (impact.pages[pages.findIndex((page) => page === key)] ?? []).map(shown);
  return new Map(keys.map((key) => [key, { change, counts, tokens: tokensOf(key) }]));
}

async function pageOfTokens(
  { expectedVersion, changes, existingTokens, enforceFrom }: AskedChange,
  args: ForwardPageArgs,
  part: (page: Page) => Promise<ImpactPart>,
): Promise<Connection<AffectedToken>> {
  const list = { list: 'policyImpact', expectedVersion, changes, existingTokens, enforceFrom };
  const page = pageOf(args, list, IMPACT_CURSOR);
  const { change, counts, tokens } = await part(page);
  const begunFrom = page.after?.[2] ?? change.cap?.enforceFrom.toISOString() ?? null;
  return toConnection(
    page,
    tokens,
    ({ token, orderedBy }) => [orderedBy.toISOString(), token.id, begunFrom],
    () => Promise.resolve(counts.tokens),
  );
}

/** Getters, so that a query that asks for no count at all pays for none; those that it asks for are read together. */
function impactOf(
  counts: () => Promise<ImpactCounts>,
  tokensOnPage: PolicyImpact['tokensOnPage'],
): PolicyImpact {
  return {
    tokensOnPage,
    get exceedsMaximum() {
      return counts().then(({ EXCEEDS_MAXIMUM: count }) => count);
    },
    get cutShort() {
      return counts().then(({ CUT_SHORT: count }) => count);
    },
    get warned() {
      return counts().then(({ WARNED: count }) => count);
    },
    get purged() {
      return counts().then(({ PURGED: count }) => count);
    },
    get idleRevoked() {
      return counts().then(({ IDLE_REVOKED: count }) => count);
    },
    get principals() {
      return counts().then(({ principals }) => principals);
    },
  };
}

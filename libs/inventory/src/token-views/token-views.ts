import { Injectable } from '@nestjs/common';
import {
  AlikeLists,
  pageOf,
  toConnection,
  type Batch,
  type Connection,
  type Loaders,
  type Page,
} from '@tokenwarden/api';
import { Database, databaseNow, type Transaction } from '@tokenwarden/database';
import { Settings } from '@tokenwarden/settings';
import { accountsManagedBy } from '@tokenwarden/service-accounts';
import {
  findToken,
  seesToken,
  standingOf,
  successorsOf,
  toAccessToken,
  tokensByIds,
  type AccessToken,
  type AccessTokenEntity,
  type Standing,
} from '@tokenwarden/tokens';
import type { Caller } from '@tokenwarden/vocabulary';
import { expiryForecast } from '../expiry-forecast/expiry-forecast.queries.js';
import type { ExpiryForecastDay } from '../expiry-forecast/expiry-forecast.types.js';
import { reachOf } from '../standing.rules.js';
import { countTokens } from '../token-lists/token-count.queries.js';
import { tokensOnPage, type TokenOfMoment } from '../token-lists/token-list.queries.js';
import { countTokensOfEach, tokensOnPageOfEach } from '../token-lists/tokens-of-each.queries.js';
import { TokenFilter, type TokenListArgs, type TokenOrder } from '../token-lists/token-list.types.js';
import { cursorItemsOf, NEWEST_FIRST } from '../token-lists/token-orders.js';
import { selectionFor, type TokenSelection } from '../token-lists/token-selection.queries.js';

/** Tokens as one caller sees them, alone and in lists; what it may not see is missing, like what is not there. */
@Injectable()
export class TokenViews {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  private readonly managed: Batch<string, ReadonlySet<string>> = async (userIds) => {
    const sets = userIds.map(async (id) => {
      const ids = await this.database.read((tx) => accountsManagedBy(tx, id));
      return [id, new Set(ids)] as const;
    });
    return new Map(await Promise.all(sets)); // one caller, one user: there is one id
  };
  private readonly byId = this.readTogether(tokensByIds);
  private readonly byPredecessor = this.readTogether(successorsOf);

  private readTogether(
    read: (tx: Transaction, keys: readonly string[]) => Promise<Map<string, AccessTokenEntity>>,
  ): Batch<string, Omit<TokenOfMoment, 'key'>> {
    return (keys) =>
      this.database.read(async (tx) => {
        const found = await read(tx, keys);
        const now = await databaseNow(tx);
        return new Map([...found].map(([key, token]) => [key, { token, now }]));
      });
  }

  private readonly ofPrincipals = new AlikeLists<TokenOfMoment>();

  /**
   * The token with this id; null where the caller does not see it. As much is asked for one that is not there as for one
   * that is hidden: both answers take as long.
   */
  async visibleToken(caller: Caller, id: string, loaders: Loaders): Promise<AccessToken | null> {
    const managed = await this.managedBy(caller, loaders);
    const { token, now } = await this.database.read(async (tx) => ({
      token: await findToken(tx, id),
      now: await databaseNow(tx),
    }));
    return token && this.shown(token, now, caller, managed);
  }

  /** The token from which this one came by rotation; null where there is none (any more), or the caller does not see it. */
  async predecessorOf(
    caller: Caller,
    { record }: AccessToken,
    loaders: Loaders,
  ): Promise<AccessToken | null> {
    if (record.predecessorId === null) return null;
    return this.linked(caller, this.byId, record.predecessorId, loaders);
  }

  /** The token that came from this one by rotation; null where there is none (any more), or the caller does not see it. */
  async successorOf(caller: Caller, { record }: AccessToken, loaders: Loaders): Promise<AccessToken | null> {
    if (record.rotatedAt === null) return null;
    return this.linked(caller, this.byPredecessor, record.id, loaders);
  }

  private async linked(
    caller: Caller,
    batch: Batch<string, Omit<TokenOfMoment, 'key'>>,
    key: string,
    loaders: Loaders,
  ): Promise<AccessToken | null> {
    const managed = await this.managedBy(caller, loaders);
    const found = await loaders.load(batch, key);
    return found ? this.shown(found.token, found.now, caller, managed) : null;
  }

  private shown(
    token: AccessTokenEntity,
    now: Date,
    caller: Caller,
    managed: ReadonlySet<string>,
  ): AccessToken | null {
    return seesToken(token, standingOf(token, caller, managed), caller) ? toAccessToken(token, now) : null;
  }

  /** How the caller stands to a token that it was shown. */
  async standingTo(caller: Caller, { record }: AccessToken, loaders: Loaders): Promise<Standing> {
    return standingOf(record, caller, await this.managedBy(caller, loaders));
  }

  /** How many of the live tokens that the caller sees end on each of the next `days` days, today the first. */
  async expiryForecast(caller: Caller, days: number, loaders: Loaders): Promise<ExpiryForecastDay[]> {
    const reach = reachOf(caller, await this.managedBy(caller, loaders));
    return this.database.read((tx) => expiryForecast(tx, reach, days));
  }

  /**
   * A page of the tokens that the caller sees.
   * @throws Problem `INVALID_INPUT` on an argument of the page
   */
  async list(caller: Caller, args: TokenListArgs, loaders: Loaders): Promise<Connection<AccessToken>> {
    const order = args.orderBy ?? NEWEST_FIRST;
    const page = pageFor(args, order, { list: 'tokens' });
    const selection = await this.selectionFor(caller, args, loaders);
    const found = await this.database.read((tx) => tokensOnPage(tx, selection, order, page));
    return connectionFor(page, found, () => this.database.read((tx) => countTokens(tx, selection)));
  }

  /**
   * A page of the tokens of one user or service account that the caller sees; the same page of many of them takes one
   * statement, not one each.
   * @throws Problem `INVALID_INPUT` on an argument of the page
   */
  async listOf(
    caller: Caller,
    principalId: string,
    args: TokenListArgs,
    loaders: Loaders,
  ): Promise<Connection<AccessToken>> {
    const order = args.orderBy ?? NEWEST_FIRST;
    const page = pageFor(args, order, { list: 'tokens', principalId });
    const selected = () => this.selectionFor(caller, args, loaders);
    const { pages, counts } = this.ofPrincipals.with(loaders, args, () => ({
      pages: async (ids) => {
        const selection = await selected();
        return this.database.read((tx) => tokensOnPageOfEach(tx, ids, selection, order, page));
      },
      counts: async (ids) => {
        const selection = await selected();
        return this.database.read((tx) => countTokensOfEach(tx, ids, selection));
      },
    }));
    const found = (await loaders.load(pages, principalId)) ?? [];
    return connectionFor(page, found, async () => (await loaders.load(counts, principalId)) ?? 0);
  }

  private async selectionFor(caller: Caller, args: TokenListArgs, loaders: Loaders): Promise<TokenSelection> {
    const { filter = new TokenFilter() } = args;
    const reach = reachOf(caller, await this.managedBy(caller, loaders));
    const inForce = { issuer: this.settings.publicUrl, audiences: this.settings.audiences };
    return this.database.read((tx) => selectionFor(tx, caller, { reach, filter, inForce }));
  }

  private async managedBy(caller: Caller, loaders: Loaders): Promise<ReadonlySet<string>> {
    if (caller.principal.kind !== 'USER') return NONE;
    return (await loaders.load(this.managed, caller.principal.id)) ?? NONE;
  }
}

const NONE: ReadonlySet<string> = new Set();

function pageFor(args: TokenListArgs, order: TokenOrder, list: object): Page {
  return pageOf(args, { ...list, filter: args.filter, order }, cursorItemsOf(order));
}

function connectionFor(
  page: Page,
  found: readonly TokenOfMoment[],
  count: () => Promise<number>,
): Connection<AccessToken> {
  const keys = new Map(found.map(({ token, key }) => [token.id, key]));
  const shown = found.map(({ token, now }) => toAccessToken(token, now));
  return toConnection(page, shown, ({ id }) => keys.get(id) ?? [], count);
}

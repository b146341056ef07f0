import { randomUUID } from 'node:crypto';
import { rows, type Database, type Transaction } from '@tokenwarden/database';
import {
  capTokens,
  findToken,
  holdAllTokens,
  leaveToSuccessor,
  lockToken,
  resumeToken,
  revokeMany,
  revokeToken,
  suspendToken,
  tokensByIds,
  tokensNow,
  writeWaitingCapSet,
  writeWaitingSet,
  type AccessTokenEntity,
  type IdsSelect,
} from '@tokenwarden/tokens';
import { Problem, SYSTEM } from '@tokenwarden/vocabulary';
import { expiryForecast } from '../src/expiry-forecast/expiry-forecast.queries.js';
import { countByStatus, countEnding } from '../src/gauges/token-gauges.queries.js';
import { countTokens } from '../src/token-lists/token-count.queries.js';
import { tokensOnPage } from '../src/token-lists/token-list.queries.js';
import { TokenOrderField, type TokenFilter } from '../src/token-lists/token-list.types.js';
import { sampleSelection } from './stored-samples.js';

/** Something that happens to tokens, which are named by their places in the list of all. */
export type Happening =
  | { readonly what: 'cap'; readonly maxima: Readonly<Record<string, number>>; readonly enforceIn: number }
  | { readonly what: 'revoke many'; readonly places: readonly number[] }
  | { readonly what: 'suspend' | 'resume' | 'revoke' | 'remove'; readonly place: number }
  | { readonly what: 'rotate'; readonly place: number; readonly overlap: number }
  | { readonly what: 'write a set of a cap' | 'write a set of a revocation' };

const byOwner = { reason: null, withScope: false };
const ORDERS = Object.values(TokenOrderField).flatMap((field) =>
  (['ASC', 'DESC'] as const).map((direction) => ({ field, direction })),
);

/** Tokens to which much happens, and all that is said of them. */
export class CappedWorld {
  constructor(
    private readonly database: Database,
    /** The moment from which everything counts, far from all that is compared. */
    private readonly base: Date,
  ) {}

  /** Does it, where it can be done; what cannot be is left. */
  async happen(happening: Happening, ids: readonly string[]): Promise<void> {
    try {
      await this.database.transaction((tx) => this.done(tx, happening, ids));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }

  /** Writes into rows whatever waits. */
  async writeAll(): Promise<void> {
    while (await this.database.transaction(writeWaitingCapSet)) continue;
    while (await this.database.transaction(writeWaitingSet)) continue;
  }

  /** The end of each of these tokens, by id. */
  async ends(ids: readonly string[]): Promise<Map<string, Date>> {
    const found = await this.database.read((tx) => tokensByIds(tx, ids));
    return new Map([...found].map(([id, { endsAt }]) => [id, endsAt]));
  }

  /** Everything that is said of these tokens, and of all there are. */
  async said(ids: readonly string[]): Promise<unknown> {
    const one = await Promise.all(ids.map((id) => this.database.read((tx) => findToken(tx, id))));
    const locked = await Promise.all(ids.map((id) => this.database.transaction((tx) => lockToken(tx, id))));
    const lists = [];
    for (const filter of this.filters()) {
      const selection = sampleSelection(filter);
      for (const order of ORDERS) lists.push(await this.database.read((tx) => listed(tx, selection, order)));
      lists.push(await this.database.read((tx) => countTokens(tx, selection)));
    }
    const days = await this.database.read((tx) => expiryForecast(tx, 'all', 30));
    return {
      one,
      locked,
      lists,
      // A day of which there is nothing to say may be over by the second look.
      forecast: days.filter((day) => day.userTokens + day.serviceAccountTokens > 0),
      byStatus: (await this.database.read(countByStatus)).map((count) => JSON.stringify(count)).sort(),
      ending: (await this.database.read(countEnding)).map((count) => JSON.stringify(count)).sort(),
    };
  }

  private filters(): Partial<TokenFilter>[] {
    const at = (hours: number) => new Date(this.base.getTime() + hours * 3_600_000);
    return [
      {},
      { status: ['ACTIVE'] },
      { status: ['EXPIRED'] },
      { status: ['REVOKED', 'EXPIRED'] },
      { endsBefore: at(30) },
      { endsAfter: at(10), endsBefore: at(50) },
      { exceedsPolicy: true },
    ];
  }

  private async done(tx: Transaction, happening: Happening, ids: readonly string[]): Promise<void> {
    switch (happening.what) {
      case 'cap':
        return this.cap(tx, happening);
      case 'revoke many':
        await holdAllTokens(tx);
        await revokeMany(
          tx,
          await liveOf(
            tx,
            happening.places.map((place) => ids[place] ?? ''),
          ),
          {
            by: SYSTEM,
            reason: null,
            details: {},
          },
        );
        return;
      case 'write a set of a cap':
        await writeWaitingCapSet(tx);
        return;
      case 'write a set of a revocation':
        await writeWaitingSet(tx);
        return;
      case 'remove':
        await rows(tx, 'DELETE FROM access_tokens WHERE id = $1', [ids[happening.place]]);
        return;
      case 'suspend':
      case 'resume':
      case 'revoke':
      case 'rotate': {
        const token = await lockToken(tx, ids[happening.place] ?? '');
        if (token) await changed(tx, happening, token);
      }
    }
  }

  private async cap(
    tx: Transaction,
    { maxima, enforceIn }: { maxima: Readonly<Record<string, number>>; enforceIn: number },
  ): Promise<void> {
    await holdAllTokens(tx);
    const [policy] = await rows<{ version: number }>(
      tx,
      `INSERT INTO policy_versions (version, document, created_at, created_by)
       SELECT count(*) + 1, '{}', now(), '{}' FROM policy_versions RETURNING version`,
    );
    const enforceFrom = new Date(this.base.getTime() + enforceIn * 1_000);
    await capTokens(tx, {
      by: SYSTEM,
      reason: null,
      policyVersion: policy?.version ?? 0,
      enforceFrom,
      maxima,
    });
  }
}

async function listed(
  tx: Transaction,
  selection: ReturnType<typeof sampleSelection>,
  order: (typeof ORDERS)[number],
): Promise<unknown> {
  const found = await tokensOnPage(tx, selection, order, { size: 100, backward: false, binding: '' });
  return found.map(({ token }) => token);
}

async function changed(tx: Transaction, happening: Happening, token: AccessTokenEntity): Promise<void> {
  if (happening.what === 'suspend') await suspendToken(tx, token, SYSTEM, byOwner);
  if (happening.what === 'resume') await resumeToken(tx, token, SYSTEM, byOwner);
  if (happening.what === 'revoke') await revokeToken(tx, token, SYSTEM, null);
  if (happening.what !== 'rotate' || token.rotatedAt !== null) return;
  const overlapEnd = new Date(Math.floor(Date.now() / 1_000) * 1_000 + happening.overlap * 1_000);
  const endsAt = overlapEnd < token.endsAt ? overlapEnd : token.endsAt;
  await leaveToSuccessor(
    tx,
    token,
    { successorId: randomUUID(), endsAt, endsOnSuccessorsUse: false },
    SYSTEM,
  );
}

async function liveOf(tx: Transaction, ids: readonly string[]): Promise<IdsSelect> {
  return {
    sql: `SELECT t.id FROM ${await tokensNow(tx)} t WHERE t.id = ANY ($1::uuid[]) AND t.revoked_at IS NULL`,
    parameters: [ids.filter((id) => id !== '')],
  };
}

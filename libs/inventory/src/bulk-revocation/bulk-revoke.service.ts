import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@tokenwarden/database';
import { Settings } from '@tokenwarden/settings';
import { holdAllTokens, revokeMany, type IdsSelect } from '@tokenwarden/tokens';
import {
  authorOf,
  invalidInput,
  versionConflict,
  type Caller,
  type JsonObject,
} from '@tokenwarden/vocabulary';
import { countIds, liveIdsOf } from './bulk-revoke.queries.js';
import type { RevokeTokensInput, RevokeTokensPayload } from './bulk-revoke.types.js';
import { RevocationWriter } from './revocation-writer.js';
import type { TokenFilter } from '../token-lists/token-list.types.js';
import { selectionFor } from '../token-lists/token-selection.queries.js';

/** Ends many tokens by one decision (rule 9). */
@Injectable()
export class BulkRevokeService {
  constructor(
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly writer: RevocationWriter,
  ) {}

  /**
   * Revokes every live token that matches, whosever it is: by one commit, from which on none of them resolves and all
   * reads take them as revoked. Rows and events of the single tokens follow.
   * @throws Problem `INVALID_INPUT` on `filter` where it asks nothing, `VERSION_CONFLICT` on `expectedCount`
   */
  async revoke(caller: Caller, input: RevokeTokensInput): Promise<RevokeTokensPayload> {
    const { dryRun, expectedCount } = input;
    const asked = askedOf(input.filter);
    if (Object.keys(asked).length === 0)
      throw invalidInput('filter', 'At least one condition: say which tokens are to be revoked.');
    if (dryRun) {
      const count = async (tx: Transaction) => countIds(tx, await this.selected(tx, caller, input));
      const matched = requireExpected(await this.database.read(count), expectedCount);
      return { matched, revoked: 0, dryRun };
    }
    const revoked = await this.database.transaction(async (tx) => {
      await holdAllTokens(tx);
      const decision = { by: authorOf(caller), reason: input.reason, details: { filter: asked } };
      const count = await revokeMany(tx, await this.selected(tx, caller, input), decision);
      return requireExpected(count, expectedCount); // another number takes everything back
    });
    if (revoked > 0) this.writer.wake();
    return { matched: revoked, revoked, dryRun };
  }

  private async selected(tx: Transaction, caller: Caller, { filter }: RevokeTokensInput): Promise<IdsSelect> {
    const inForce = { issuer: this.settings.publicUrl, audiences: this.settings.audiences };
    return liveIdsOf(tx, await selectionFor(tx, caller, { reach: 'all', filter, inForce }));
  }
}

/** What the filter says, as the caller wrote it; moments as RFC 3339. */
function askedOf(filter: TokenFilter): JsonObject {
  return JSON.parse(JSON.stringify(filter)) as JsonObject;
}

function requireExpected(matched: number, expected: number | undefined): number {
  if (expected === undefined || expected === matched) return matched;
  throw versionConflict(
    'expectedCount',
    `The filter matches ${matched} live ${matched === 1 ? 'token' : 'tokens'} by now, not ${expected}. Nothing was changed.`,
  );
}

import { Injectable } from '@nestjs/common';
import { record as recordEvent } from '@tokenwarden/audit';
import { Database } from '@tokenwarden/database';
import { Settings } from '@tokenwarden/settings';
import { SigningService } from '@tokenwarden/signing';
import { Metrics } from '@tokenwarden/telemetry';
import { findToken, statusOf, type AccessTokenEntity } from '@tokenwarden/tokens';
import {
  saysWhatItsRowSays,
  type Author,
  type Caller,
  type RequestOrigin,
  type Scope,
  type UnusableReason,
} from '@tokenwarden/vocabulary';
import { bearerAt, callerOf } from './authenticate-caller.js';
import { measured } from './measured.js';
import { effectiveScopes, unusableReason, type Resolution } from './resolution.rules.js';
import { resolveToken, type ResolvingParts } from './resolve-token.js';
import { recordOfPresentedToken, recordsOfTokens } from './resolving.queries.js';
import { UseTally, type Bearer } from './use-tally.js';

/** Whether a token would resolve now, and what it may do: nothing while it would not. */
export interface Usability {
  readonly reason: UnusableReason | null;
  readonly scopes: readonly Scope[];
}

/** Whose token is this, what may it do: for the guard, for GraphQL, and for the routes beside Nest. */
@Injectable()
export class ResolvingService {
  /** What every step of the line needs, for the routes. */
  readonly parts: ResolvingParts;

  constructor(
    private readonly database: Database,
    signing: SigningService,
    settings: Settings,
    private readonly metrics: Metrics,
    uses: UseTally,
  ) {
    this.parts = {
      database,
      signing,
      inForce: { issuer: settings.publicUrl, audiences: settings.audiences },
      uses,
    };
  }

  /**
   * Rule 3, for a value that somebody presented; `bearer` is who bears it, where that is known.
   * @throws Problem `UNAVAILABLE` when it cannot decide
   */
  async resolveToken(value: string, bearer: Bearer = {}): Promise<Resolution> {
    return resolveToken(this.parts, value, bearer);
  }

  /**
   * Who makes a request with this token, and what that very request may do; undefined where the token does not resolve.
   * @throws Problem `UNAVAILABLE` when it cannot decide
   */
  async callerOfToken(value: string, origin: RequestOrigin): Promise<Caller | undefined> {
    const resolution = await measured(this.metrics, 'caller', () =>
      resolveToken(this.parts, value, bearerAt(origin)),
    );
    return resolution.active ? callerOf(resolution, origin) : undefined;
  }

  /**
   * The token with this value for whoever found it, ended ones too; null where signature or issuer are not ours. That it
   * was looked up is recorded, its value is not.
   */
  async inspectToken(value: string, by: Author): Promise<AccessTokenEntity | null> {
    const verified = await this.parts.signing.verifyByLatestKeys(value);
    if (verified === undefined || verified.claims.iss !== this.parts.inForce.issuer) return null;
    const { claims, kid } = verified;
    return this.database.transaction(async (tx) => {
      const record = await recordOfPresentedToken(tx, claims.jti, kid);
      if (record === undefined || record.isKeyWithdrawn || !saysWhatItsRowSays(claims, record)) return null;
      const target = { type: 'token', id: record.id, name: record.name } as const;
      await recordEvent(tx, { action: 'token.inspected', by, target });
      return findToken(tx, record.id);
    });
  }

  /** By the same facts and functions as resolving, for many tokens in one statement. */
  async usabilityOf(ids: readonly string[]): Promise<Map<string, Usability>> {
    const records = await this.database.read((tx) => recordsOfTokens(tx, ids));
    const now = new Date();
    return new Map(
      [...records].map(([id, record]) => {
        const reason = unusableReason(record, statusOf(record, now), this.parts.inForce);
        return [id, { reason, scopes: reason === null ? effectiveScopes(record) : [] }];
      }),
    );
  }
}

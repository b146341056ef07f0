import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, type Transaction } from '@tokenwarden/database';
import { Metrics } from '@tokenwarden/telemetry';
import { countByStatus, countEnding } from './token-gauges.queries.js';

/** At most this part of the time goes into counting, however often somebody scrapes. */
const SHARE_OF_TIME = 1 / 20;

/** Says how many tokens there are and how many end soon, counted when somebody scrapes. */
@Injectable()
export class TokenGauges implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  /** Tells the metrics how to count. */
  onModuleInit(): void {
    this.metrics.collectTokens(keptInProportion(() => this.database.read(byStatus)));
    this.metrics.collectTokensEnding(keptInProportion(() => this.database.read(ending)));
  }
}

const byStatus = (tx: Transaction) => countByStatus(tx);
const ending = (tx: Transaction) => countEnding(tx);

/**
 * `read`, whose answer is given again for twenty times as long as it took: a few hundred tokens are counted at every
 * scrape, a million once in a while. A failure is not kept.
 */
export function keptInProportion<T>(
  read: () => Promise<T>,
  monotonicMilliseconds: () => number = () => performance.now(),
): () => Promise<T> {
  let kept: { readonly answer: T; readonly until: number } | undefined;
  return async () => {
    const began = monotonicMilliseconds();
    if (kept && began < kept.until) return kept.answer;
    const answer = await read();
    const ended = monotonicMilliseconds();
    kept = { answer, until: ended + (ended - began) / SHARE_OF_TIME };
    return answer;
  };
}

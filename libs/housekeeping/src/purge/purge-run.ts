import { setTimeout as pause } from 'node:timers/promises';
import { inBatches, type Transaction } from '@tokenwarden/database';
import { currentPolicy, purgeDue } from '@tokenwarden/policy';
import {
  BEFORE_ALL,
  holdOffBulkRevocations,
  purgePage,
  purgeTokens,
  type PlaceOfEnd,
  type PurgedPage,
  type TokenCondition,
} from '@tokenwarden/tokens';
import { durationSeconds, Problem, type Duration } from '@tokenwarden/vocabulary';
import { requireOn } from '../runs/cut-short.js';
import type { RunContext } from '../runs/run.js';
import { writePatiently } from '../runs/write-patiently.js';

/**
 * The moments by which a token can have ended: one after the other they lead to all that are due. By both at once Postgres would
 * go through everything that is due for every batch.
 */
const ENDS = ['ends_at', 'revoked_at'] as const;

/** Tokens of one batch: a transaction of some tens of milliseconds. */
const BATCH = 2_000;
/** Between two batches it rests for a part of the time that the last one took: resolving comes first. */
const REST_PER_WORK = 0.05;
const LONGEST_REST_MILLISECONDS = 20;
/** How often what somebody held is tried again, and how long it rests before. */
const ROUNDS = 3;
const ROUND_MILLISECONDS = 500;
/** So many that were passed over are remembered; what is more is left to the next run. */
const MOST_PASSED_OVER = 10_000;

/** What one run of PURGE removes, batch by batch, and what it has to say of that. It is used once. */
export class PurgeRun {
  /** Tokens removed. */
  purged = 0;
  private readonly passedOver = new Set<string>();

  /** @param at the run's moment, by the database's clock: what ends later is not its business */
  constructor(
    private readonly context: RunContext,
    private readonly at: Date,
  ) {}

  /** Tokens that somebody held whenever this run came by, or into which something is still to be written. */
  get left(): number {
    return this.passedOver.size;
  }

  /**
   * Removes all that is due at the run's moment, or what it can until `deadline`, as `performance.now` counts.
   * @returns whether it came to the end
   */
  async purgeUntil(deadline: number): Promise<boolean> {
    for (const by of ENDS) if (!(await this.goThrough(by, deadline))) return false;
    for (let round = 0; round < ROUNDS && this.passedOver.size > 0; round += 1) {
      await pause(ROUND_MILLISECONDS, undefined, { signal: this.context.signal });
      for (const ids of inBatches([...this.passedOver], BATCH)) await this.tryAgain(ids);
    }
    return true;
  }

  // It ends where nothing of this end is left before the run's moment: each batch begins behind the one before it.
  private async goThrough(by: (typeof ENDS)[number], deadline: number): Promise<boolean> {
    let behind: PlaceOfEnd | null = BEFORE_ALL;
    while (behind !== null) {
      const began = performance.now();
      if (began > deadline) return false;
      const { purged, passedOver, next } = await this.page(by, behind);
      this.purged += purged;
      for (const id of passedOver.slice(0, MOST_PASSED_OVER - this.passedOver.size)) this.passedOver.add(id);
      behind = next;
      const rest = Math.min((performance.now() - began) * REST_PER_WORK, LONGEST_REST_MILLISECONDS);
      await pause(rest, undefined, { signal: this.context.signal });
    }
    return true;
  }

  // Nobody holds what ended long ago but for a rare moment: only then is it worth to look what is held.
  private async page(by: (typeof ENDS)[number], behind: PlaceOfEnd): Promise<PurgedPage> {
    const work = (isHeld: boolean) => async (tx: Transaction) => {
      const after = await this.afterInForce(tx);
      const before = new Date(this.at.getTime() - durationSeconds(after) * 1_000);
      return purgePage(tx, { by, before, behind, most: BATCH }, this.isDue(after), { isHeld });
    };
    try {
      return await this.context.write(work(false));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'UNAVAILABLE') throw error;
      return await writePatiently(this.context, work(true));
    }
  }

  private async tryAgain(ids: readonly string[]): Promise<void> {
    const { purged, passedOver } = await writePatiently(this.context, async (tx) => {
      const after = await this.afterInForce(tx);
      return purgeTokens(tx, ids, this.isDue(after));
    });
    this.purged += purged;
    for (const id of ids) this.passedOver.delete(id);
    for (const id of passedOver) this.passedOver.add(id);
  }

  // Asked for each batch, with changes of the policy held off as well: who sets `after` up, or the task off, keeps what is
  // there at that commit.
  private async afterInForce(tx: Transaction): Promise<Duration> {
    await holdOffBulkRevocations(tx);
    const { enabled, after } = (await currentPolicy(tx)).document.purge;
    requireOn(this.context, enabled);
    return after;
  }

  private isDue(after: Duration): TokenCondition {
    return { sql: purgeDue('t', after, '$1::timestamptz'), parameters: [this.at] };
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { inBatches, type Transaction } from '@tokenwarden/database';
import { currentPolicy, purgeDue } from '@tokenwarden/policy';
import { holdOffBulkRevocations, purgeTokens } from '@tokenwarden/tokens';
import type { Duration } from '@tokenwarden/vocabulary';
import type { RunContext } from '../runs/run.js';
import { writePatiently } from '../runs/write-patiently.js';
import { ENDS, tokensEndedBefore, type EndedBy, type EndedToken } from './purge.queries.js';

/** Tokens of one batch: a transaction of some tens of milliseconds. */
const BATCH = 1_000;
/** Between two batches it rests for a part of the time that the last one took: resolving comes first. */
const REST_PER_WORK = 0.2;
const LONGEST_REST_MILLISECONDS = 50;
/** How often what somebody held is tried again, and how long it rests before. */
const ROUNDS = 3;
const ROUND_MILLISECONDS = 500;
/** So many that were passed over are remembered; what is more is left to the next run. */
const MOST_PASSED_OVER = 10_000;

interface Batch {
  readonly found: readonly EndedToken[];
  readonly purged: readonly string[];
}

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
      for (const ids of inBatches([...this.passedOver], BATCH)) {
        const again = async (tx: Transaction) => this.purge(tx, ids, await this.afterInForce(tx));
        this.note(ids, await writePatiently(this.context, again));
      }
    }
    return true;
  }

  // It ends where nothing of this end is left before the run's moment: each batch begins behind the one before it.
  private async goThrough(by: EndedBy, deadline: number): Promise<boolean> {
    let behind: EndedToken | undefined;
    for (;;) {
      const began = performance.now();
      if (began > deadline) return false;
      const { found, purged } = await writePatiently(this.context, (tx) => this.batch(tx, by, behind));
      this.note(
        found.map(({ id }) => id),
        purged,
      );
      if (found.length < BATCH) return true;
      behind = found.at(-1);
      const rest = Math.min((performance.now() - began) * REST_PER_WORK, LONGEST_REST_MILLISECONDS);
      await pause(rest, undefined, { signal: this.context.signal });
    }
  }

  private async batch(tx: Transaction, by: EndedBy, behind: EndedToken | undefined): Promise<Batch> {
    const after = await this.afterInForce(tx);
    const found = await tokensEndedBefore(tx, by, { after, at: this.at }, { behind, most: BATCH });
    const ids = found.map(({ id }) => id);
    return { found, purged: await this.purge(tx, ids, after) };
  }

  // Asked for each batch, with changes of the policy held off as well: who sets `after` up keeps what is there at that commit.
  private async afterInForce(tx: Transaction): Promise<Duration> {
    await holdOffBulkRevocations(tx);
    return (await currentPolicy(tx)).document.purge.after;
  }

  private purge(tx: Transaction, ids: readonly string[], after: Duration): Promise<string[]> {
    return purgeTokens(tx, ids, { sql: purgeDue('t', after, '$2::timestamptz'), parameters: [this.at] });
  }

  private note(looked: readonly string[], purged: readonly string[]): void {
    const removed = new Set(purged);
    for (const id of looked) {
      if (removed.has(id)) this.passedOver.delete(id);
      else if (this.passedOver.size < MOST_PASSED_OVER) this.passedOver.add(id);
    }
    this.purged += removed.size;
  }
}

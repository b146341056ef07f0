import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@tokenwarden/database';
import { currentPolicy, type PolicyDocument } from '@tokenwarden/policy';
import { durationSeconds, type Duration, type JsonObject } from '@tokenwarden/vocabulary';
import { agreedNow } from '../runs/clocks-apart.js';
import { cutShort } from '../runs/cut-short.js';
import type { RunContext, RunOutcome, RunWork } from '../runs/run.js';
import type { Task, Timing } from '../runs/task.js';
import { PurgeRun } from './purge-run.js';
import { countDue } from './purge.queries.js';

/** A run that is still at it says what it did before its budget is over: the next one goes on. */
const LONGEST_SECONDS = 3_300;
/** For counting what a dry run would remove, statement by statement: nobody waits for it. */
const LOOK_SECONDS = 120;

/** PURGE: removes the rows of tokens that ended longer ago than the policy's `after`, in small batches (rule 18). */
@Injectable()
export class PurgeTask implements Task {
  readonly name = 'PURGE';
  readonly budgetSeconds = 3_600;
  readonly isByTheClock = true;
  readonly run: RunWork = (context) => (context.dryRun ? this.look(context) : this.purge(context));

  constructor(private readonly database: Database) {}

  /** As the policy in force says. */
  timing({ purge }: PolicyDocument): Timing {
    return { schedule: purge.schedule, isEnabled: purge.enabled };
  }

  private async purge(context: RunContext): Promise<RunOutcome> {
    const deadline = performance.now() + LONGEST_SECONDS * 1_000;
    const { at, after } = await this.database.read(beginning);
    const run = new PurgeRun(context, at);
    const outcome = ({ details, ...end }: ReturnType<typeof cutShort>): RunOutcome => ({
      ...end,
      examined: run.purged + run.left,
      affected: run.purged,
      details: { ...detailsOf(at, after), ...(run.left > 0 ? { left: run.left } : {}), ...details },
    });
    try {
      return outcome((await run.purgeUntil(deadline)) ? { state: 'SUCCEEDED' } : NOT_THROUGH);
    } catch (error) {
      // What is gone is gone, whatever kept it from the rest.
      return outcome(cutShort(error));
    }
  }

  private look({ signal }: RunContext): Promise<RunOutcome> {
    return this.database.inSnapshot(
      async (tx) => {
        const { at, after } = await beginning(tx);
        const due = await countDue(tx, { at, after }, signal);
        return { state: 'SUCCEEDED', examined: due, affected: due, details: detailsOf(at, after) };
      },
      { withinSeconds: LOOK_SECONDS },
    );
  }
}

const NOT_THROUGH = {
  state: 'FAILED',
  error: `It removed what it could in ${LONGEST_SECONDS / 60} minutes, and more is due: the next run goes on.`,
} as const;

async function beginning(tx: Transaction): Promise<{ at: Date; after: Duration }> {
  const at = await agreedNow(tx);
  return { at, after: (await currentPolicy(tx)).document.purge.after };
}

function detailsOf(at: Date, after: Duration): JsonObject {
  return { after, endedBefore: new Date(at.getTime() - durationSeconds(after) * 1_000).toISOString() };
}

import { Injectable } from '@nestjs/common';
import { refuseSecret } from '@tokenwarden/audit';
import { Database, type Transaction } from '@tokenwarden/database';
import {
  authorOf,
  invalidInput,
  isIdentifier,
  notFound,
  Problem,
  unavailable,
  type Caller,
} from '@tokenwarden/vocabulary';
import { endedWithin } from '../runs/ended-within.js';
import { RunFailed, type HousekeepingRunRecord, type RunWork } from '../runs/run.js';
import { Runs } from '../runs/runs.js';
import { runById } from '../runs/runs.queries.js';
import { DirectorySyncTask } from './directory-sync.task.js';
import { answerToAccept, type Acceptance } from './held-answers.js';

/** How long the caller waits for the run: a request ends within 5 s. */
const PATIENCE_MILLISECONDS = 4_000;
/** More often than twice nothing is begun anew: whoever synchronises all the time leaves no room. */
const MOST_TRIES = 3;

/** Accepting a held answer of the directory. The caller was asked for `directory:accept` before. */
@Injectable()
export class DirectoryAcceptance {
  constructor(
    private readonly database: Database,
    private readonly runs: Runs,
    private readonly task: DirectorySyncTask,
  ) {}

  /**
   * Reads the directory again and applies what it says, although it takes away much, as long as it takes away nothing
   * beyond what the held run named; else it is HELD anew (rule 12).
   * @returns the run that does so, ended, or RUNNING where it takes longer than a request can wait; FAILED where the
   * directory gave no whole answer: then the held one still waits
   * @throws Problem `INVALID_INPUT` on `reason`, and on `runId` where that run was never held; `NOT_FOUND` on `runId`;
   * `VERSION_CONFLICT` on `runId` where it is not the latest held run; `WOULD_LOCK_OUT` on `runId`: nothing was changed;
   * `UNAVAILABLE` where a synchronisation under way takes too long
   */
  async accept(
    caller: Caller,
    { runId, reason }: { readonly runId: string; readonly reason: string | null },
  ): Promise<HousekeepingRunRecord> {
    if (reason !== null) refuseSecret(reason, 'reason');
    if (!isIdentifier(runId)) throw notFound('runId');
    const acceptance: Acceptance = { runId, reason, by: authorOf(caller) };
    const until = performance.now() + PATIENCE_MILLISECONDS;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      await this.database.read((tx) => refuseOthers(tx, runId));
      const attempt = this.attempt(acceptance);
      const begun = await this.runs.begin(
        this.task.name,
        { trigger: 'MANUAL', by: acceptance.by, dryRun: false },
        attempt.work,
      );
      const ended = await endedWithin(begun, until - performance.now());
      if (begun.isNew) {
        const refusal = attempt.refusal();
        if (refusal) throw refusal;
        return ended ?? begun.run;
      }
      // Another synchronisation was at it: what it has done decides what is left to accept.
      if (!ended) break;
    }
    throw unavailable('The directory is being synchronised at this moment. Try again in a moment.');
  }

  // What the work refuses the run says in words, and the caller is told with the problem's code. Nothing is wrong with
  // the task then: it alarms nobody.
  private attempt(acceptance: Acceptance): { work: RunWork; refusal: () => Problem | undefined } {
    const work = this.task.accepting(acceptance);
    let refusal: Problem | undefined;
    return {
      work: async (context) => {
        try {
          return await work(context);
        } catch (error) {
          if (!(error instanceof Problem && REFUSALS.includes(error.code))) throw error;
          refusal = error;
          throw new RunFailed(error.message, { isFault: false });
        }
      },
      refusal: () => refusal,
    };
  }
}

const REFUSALS: readonly string[] = ['VERSION_CONFLICT', 'WOULD_LOCK_OUT'];

async function refuseOthers(tx: Transaction, runId: string): Promise<void> {
  const run = await runById(tx, runId);
  if (!run) throw notFound('runId');
  if (run.state !== 'HELD') throw invalidInput('runId', 'This run was not held: there is nothing to accept.');
  await answerToAccept(tx, runId);
}

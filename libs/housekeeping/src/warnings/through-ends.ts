import type { Transaction } from '@tokenwarden/database';
import { currentPolicy } from '@tokenwarden/policy';
import { requireOn } from '../runs/cut-short.js';
import type { RunContext } from '../runs/run.js';
import type { Task } from '../runs/task.js';
import { writePatiently } from '../runs/write-patiently.js';
import { fewerAgain, FIRST_SIZE, nextSize } from './pace.rules.js';
import {
  decideNext,
  type Found,
  type PlaceAmongEnds,
  type Reach,
  type Search,
} from './through-ends.queries.js';

/** So many of those who cannot be told are named. */
const MOST_NAMED = 100;

/** What was found so far, statement by statement. */
export class Collected {
  /** Tokens looked at. */
  examined = 0;
  /** Tokens that are warned of. */
  due = 0;
  /** Of a dry run: who would get mail. */
  readonly recipients = new Set<string>();
  private readonly unreachable = new Set<string>();

  /** What a run's details say of those who would be told and have no address. */
  get detailsOfUnreachable() {
    const names = [...this.unreachable].sort();
    return { withoutEmail: names.slice(0, MOST_NAMED), withoutEmailCount: names.length };
  }

  /** Adds what one statement found. */
  add({ examined, due, withoutEmail, recipients }: Found): void {
    this.examined += examined;
    this.due += due;
    for (const name of withoutEmail) this.unreachable.add(name);
    for (const id of recipients) this.recipients.add(id);
  }
}

/** How statements reach the database; one that met trouble may be done again by it. */
export type ByTransaction = <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;

/**
 * Goes through all tokens that a search looks at, by their end, so many a statement that none takes long. One that is done again
 * looks at fewer: it may have taken longer than Postgres gives it.
 */
export async function goThroughEnds(
  collected: Collected,
  signal: AbortSignal,
  byTransaction: ByTransaction,
  look: (tx: Transaction, reach: Reach) => Promise<Found>,
): Promise<void> {
  let [behind, most]: [PlaceAmongEnds | null, number] = [null, FIRST_SIZE];
  for (;;) {
    signal.throwIfAborted();
    let [began, isAgain] = [0, false];
    const found: Found = await byTransaction((tx) => {
      if (isAgain) most = fewerAgain(most);
      [began, isAgain] = [performance.now(), true];
      return look(tx, { behind, most });
    });
    collected.add(found);
    if (found.examined < most) return;
    behind = found.last;
    most = nextSize(most, performance.now() - began);
  }
}

/**
 * Decides all warnings that a search leads to, bit by bit: what is committed stays so, wherever the run stops.
 * @throws Problem `UNAVAILABLE` where storage is in trouble for longer than a run can wait; SwitchedOff
 */
export async function decideAll(
  context: RunContext,
  collected: Collected,
  search: Search,
  task: Pick<Task, 'timing'>,
): Promise<void> {
  await goThroughEnds(
    collected,
    context.signal,
    (work) => writePatiently(context, work),
    async (tx, reach) => {
      requireOn(context, task.timing((await currentPolicy(tx)).document).isEnabled);
      return decideNext(tx, search, reach);
    },
  );
}

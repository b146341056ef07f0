import type { Found, Place, Reach } from './collecting.queries.js';
import { FIRST_SIZE, nextSize } from './pace.rules.js';

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

  /** What a run says of those who would be told and have no address. */
  get withoutEmail() {
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

/** Goes through all tokens that end within the longest threshold, by their end, so many a statement that none takes long. */
export async function goThroughEnds(
  collected: Collected,
  signal: AbortSignal,
  look: (reach: Reach) => Promise<Found>,
): Promise<void> {
  let [behind, most]: [Place | null, number] = [null, FIRST_SIZE];
  for (;;) {
    signal.throwIfAborted();
    const began = performance.now();
    const found: Found = await look({ behind, most });
    collected.add(found);
    if (found.examined < most) return;
    behind = found.last;
    most = nextSize(most, performance.now() - began);
  }
}

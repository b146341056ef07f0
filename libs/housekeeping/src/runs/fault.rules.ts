/** A run that says how its task does: whether it was a fault, and why it FAILED. */
export interface SaidRun {
  readonly isFault: boolean;
  readonly error: string | null;
}

/**
 * What a run that ended means for its task. A fault lasts from the first run that was one to the next that went through;
 * `CHANGED`: it lasts, for a reason that none of the runs before has said.
 */
export type FaultChange = 'BEGAN' | 'CHANGED' | 'LASTS' | 'ENDED' | 'NONE';

/**
 * What an ended run means for its task.
 * @param before the runs of the task before it that say how it does, newest first; how far back they go is how long a reason
 * that comes and goes is known
 */
export function faultChange(ended: SaidRun, before: readonly SaidRun[]): FaultChange {
  const wasFailing = before[0]?.isFault ?? false;
  if (!ended.isFault) return wasFailing ? 'ENDED' : 'NONE';
  if (!wasFailing) return 'BEGAN';
  const beginning = before.findIndex(({ isFault }) => !isFault);
  const lasting = beginning < 0 ? before : before.slice(0, beginning);
  return lasting.some(({ error }) => reasonIn(error) === reasonIn(ended.error)) ? 'LASTS' : 'CHANGED';
}

// Ids, counts, ports and times differ from run to run, and the reason is the same one.
function reasonIn(error: string | null): string {
  return (error ?? '').replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}|\d+/gi, '0');
}

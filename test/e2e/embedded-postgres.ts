import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The process id of the embedded Postgres that works on a DATA_DIR, as Postgres itself writes it down.
 * @param dataDirectory The product's
 * @returns Its pid, alive or not; undefined where it was stopped cleanly
 */
export function postmasterOf(dataDirectory: string): number | undefined {
  try {
    const file = readFileSync(join(dataDirectory, 'postgres/data/postmaster.pid'), 'utf8');
    return Number(file.split('\n')[0]);
  } catch {
    return undefined;
  }
}

/**
 * Whether a process runs (a zombie that nobody has reaped does not).
 * @param pid Its id
 * @returns Yes or no
 */
export function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2)[0] ?? 'X');
  } catch {
    return false;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

/** One line of test/product.ts. */
export interface ProductLine {
  readonly url?: string;
  readonly key?: string;
  readonly locked?: string;
  readonly refused?: string;
  readonly info?: string;
  readonly warn?: string;
}

/** A product that a spec started. */
export interface StartedProduct {
  readonly pid: number;
  /** the first line that says url, locked or refused */
  readonly outcome: ProductLine;
  /** all lines so far */
  readonly lines: ProductLine[];
  /** sends a signal and waits for the end */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** uid and gid of an ordinary user */
export const NOBODY = { uid: 65_534, gid: 65_534 };

/** Starts test/product.ts and waits until it says whether it got what it wants. */
export async function startProduct(
  program: string,
  command: 'lock' | 'start',
  dataDir: string,
  user: { uid?: number; gid?: number } = {},
): Promise<StartedProduct> {
  const options = {
    ...user,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'] as ('ignore' | 'pipe' | 'inherit')[],
  };
  const child = spawn(process.execPath, [program, command, dataDir], options);
  const lines: ProductLine[] = [];
  const outcome = await firstOutcome(child, lines);
  return { pid: child.pid ?? 0, outcome, lines, end: (signal) => endOf(child, signal) };
}

/** Waits until a condition holds; the spec's own time-out is the only limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(25);
}

/** The first value of the first row of a query on a connection of its own. */
export async function valueOf(url: string | undefined, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}

function firstOutcome(child: ChildProcess, lines: ProductLine[]): Promise<ProductLine> {
  return new Promise((resolve, reject) => {
    if (!child.stdout) throw new Error('The product has no output.');
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as ProductLine;
      lines.push(line);
      if (line.url ?? line.locked ?? line.refused) resolve(line);
    });
    // Not at its exit: what it said last may still be on the way then.
    child.once('close', (code) => reject(new Error(`The product ended with ${code} and said nothing.`)));
  });
}

async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

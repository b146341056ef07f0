import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const ENDED_WITHIN_SECONDS = 60;

/** How a command ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** What a command is given. */
export interface Given {
  /** Settings; nothing else of the surroundings is handed on but PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its standard input. */
  readonly input?: string;
}

/**
 * Runs a program in the repository's folder to its end.
 * @param words The program and its arguments
 * @param given Settings and input
 * @returns Exit code and what it printed
 * @throws Error when it has not ended after a minute
 */
export async function run(words: readonly [string, ...string[]], given: Given = {}): Promise<Ended> {
  const [program, ...args] = words;
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { PATH, HOME, ...given.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdin.on('error', () => undefined).end(given.input ?? '');
  const late = setTimeout(() => child.kill('SIGKILL'), ENDED_WITHIN_SECONDS * 1000);
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject).once('close', (code, ended) => resolve([code, ended]));
  });
  clearTimeout(late);
  if (signal) throw new Error(`${words.join(' ')} was ended by ${signal}. It printed:\n${output}${errors}`);
  return { exitCode, output, errors };
}

/**
 * Runs one of the product's commands as a person does: `npm run -s NAME -- ARGUMENTS`.
 * @param name The command's
 * @param args Its arguments
 * @param given Settings and input
 * @returns Exit code and what it printed
 */
export async function npmRun(name: string, args: readonly string[] = [], given: Given = {}): Promise<Ended> {
  return await run(['npm', 'run', '-s', name, '--', ...args], given);
}

import { readFileSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { errorCode } from './cannot-start.js';

/** One process for all time: a pid is used again, a pid with its start time and the machine's boot is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** clock ticks between the machine's boot and the start of the process (proc(5), field 22) */
  readonly startedAt: number;
  readonly boot: string;
}

/** The process that has this pid now; undefined when none has, or only a zombie nobody has reaped. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const fields = statOf(pid);
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, startedAt: Number(fields[19]), boot: bootOfMachine() };
}

/** Whether exactly this process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now !== undefined && now.startedAt === identity.startedAt && now.boot === identity.boot;
}

/** The working directory of a process; undefined when it has ended or belongs to somebody else. */
export function workingDirectoryOf(pid: number): string | undefined {
  return linkOf(`/proc/${pid}/cwd`);
}

/** The program file of a process, with ` (deleted)` behind it when it was replaced; undefined as above. */
export function programOf(pid: number): string | undefined {
  return linkOf(`/proc/${pid}/exe`);
}

/** The pids of all visible living processes of one program (by its file's name) that work in `folder`, a real path. */
export async function processesIn(folder: string, program: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter(
    (pid) =>
      workingDirectoryOf(pid) === folder && runsFileNamed(program, pid) && identityOf(pid) !== undefined,
  );
}

function runsFileNamed(program: string, pid: number): boolean {
  return basename(programOf(pid)?.replace(/ \(deleted\)$/, '') ?? '') === program;
}

/** Sends a signal; a process that has ended meanwhile is none to send it to. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Waits until a process has ended, at most `patienceMs` milliseconds. @returns whether it has */
export async function hasEnded(identity: ProcessIdentity, patienceMs: number): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  while (isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await pause(10);
  }
  return true;
}

/** Kills a process and waits until it has ended. */
export async function killAndAwait(pid: number): Promise<void> {
  const identity = identityOf(pid);
  if (!identity) return;
  sendSignal(pid, 'SIGKILL');
  await hasEnded(identity, 5_000);
}

/** The fields of /proc/PID/stat from the state on: the name before them may hold spaces and parentheses. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function bootOfMachine(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The machine: what it is, which core runs what, and how much processor time a process has used. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

const TICK_MILLISECONDS = 10; // USER_HZ is 100 on every Linux that Node runs on
const CAN_PIN = cpus().length >= 2 && spawnSync('taskset', ['--version']).status === 0;
/** Where servers run: the product, and what stands in its place. */
export const SERVER_CORE = '0';
/** Where everything around them runs: the load generator and Postgres. */
export const OTHER_CORE = '1';

/**
 * What a figure was measured on.
 * @returns {{cpu: string, cores: number, memoryGigabytes: number, node: string, isPinned: boolean}} For the report
 */
export function machine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    isPinned: CAN_PIN,
  };
}

/**
 * Keeps a process with all its threads on a core, where there are two and `taskset` is there; else it does nothing.
 * @param {number} pid A process of this user
 * @param {string} core SERVER_CORE or OTHER_CORE
 */
export function pin(pid, core) {
  if (CAN_PIN) spawnSync('taskset', ['-a', '-c', '-p', core, String(pid)]);
}

/**
 * The processes that a process has started and that run still.
 * @param {number} pid A process
 * @returns {number[]} Their ids
 */
export function childrenOf(pid) {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map(Number).filter((one) => statOf(one)?.parent === pid);
}

/**
 * The processor time that a process has used so far, its own and the kernel's for it.
 * @param {number} pid A running process
 * @returns {number} In milliseconds, in steps of ten
 */
export function processorMilliseconds(pid) {
  const stat = statOf(pid);
  if (!stat) throw new Error(`The process ${pid} has ended.`);
  return stat.ticks * TICK_MILLISECONDS;
}

function statOf(pid) {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // it has ended meanwhile
  }
  // The name in parentheses may hold anything; what follows it is numbered from the third field on.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

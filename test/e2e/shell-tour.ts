import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.js';

const SEPARATOR = '\u001e';

/** One command of a tour, and what came of it. */
export interface Step {
  readonly command: string;
  readonly exitCode: number;
  readonly printed: string;
}

/**
 * The code block of the README that stands behind a mark, without its fence.
 * @param mark As in `<!-- tour -->`
 * @returns The commands, as a person would copy them
 * @throws Error where the README has no such block
 */
export function tourOfReadme(mark: string): string {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const block = readme.split(`<!-- ${mark} -->\n\`\`\`sh\n`)[1]?.split('\n```')[0];
  if (block === undefined) throw new Error(`The README has no block behind "${mark}".`);
  return block;
}

/**
 * Hands a tour to one bash, command by command, as a person who pastes it.
 * @param tour The commands
 * @returns Each with what it printed; throws where anything came on standard error
 */
export async function walk(tour: string): Promise<Step[]> {
  const commands = commandsOf(tour);
  const script = commands.map((command) => `${command}\nprintf '${SEPARATOR}%s${SEPARATOR}' "$?"`).join('\n');
  const { output, errors } = await run(['bash'], { input: `set -o pipefail\n${script}\n` });
  if (errors !== '') throw new Error(`The tour printed errors:\n${errors}`);
  const parts = output.split(SEPARATOR);
  return commands.map((command, index) => ({
    command,
    printed: parts[index * 2] ?? '',
    exitCode: Number(parts[index * 2 + 1]),
  }));
}

/**
 * The step that prints something and whose command holds a word.
 * @param steps Of a tour
 * @param word Of its command
 * @returns The first such step; throws where there is none
 */
export function printedBy(steps: readonly Step[], word: string): Step {
  const found = steps.find((step) => step.command.includes(word) && step.printed !== '');
  if (!found) throw new Error(`No command of the tour with "${word}" prints anything.`);
  return found;
}

/**
 * What a step printed, as JSON.
 * @param step Of a tour
 */
export function jsonOf(step: Step): Record<string, unknown> {
  return JSON.parse(step.printed) as Record<string, unknown>;
}

/** A command ends with the line that leaves no quote, no bracket and no continuation open. */
function commandsOf(tour: string): string[] {
  const commands: string[] = [];
  let open = '';
  for (const line of tour.split('\n')) {
    open = open === '' ? line : `${open}\n${line}`;
    const quotes = open.replace(/^\s*#.*$/gm, '').split("'").length - 1;
    if (line.endsWith('\\') || quotes % 2 === 1) continue;
    if (open.trim() !== '' && !open.startsWith('#')) commands.push(open);
    open = '';
  }
  if (open !== '') throw new Error(`The tour stops in the middle of a command:\n${open}`);
  return commands;
}

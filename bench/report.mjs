/** The result of a benchmark: a table on the terminal, and the same as Markdown and JSON in bench/results/. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machine } from './measuring/machine.mjs';
import { shown } from './measuring/statistics.mjs';

const RESULTS = join(import.meta.dirname, 'results');
const HEADINGS = ['what', 'median', 'goal', 'holds', 'spread of rounds', 'beside it'];

/**
 * Prints the table; writes it too, where every step was run.
 * @param {string} name Of the benchmark
 * @param {{title: string, rows: object[], wish: object, product: {postgresVersion: string}}} result What was measured
 */
export async function writeReport(name, { title, rows, wish, product }) {
  const where = {
    ...machine(),
    postgres: product.postgresVersion,
    date: new Date().toISOString().slice(0, 10),
  };
  const lines = [HEADINGS, HEADINGS.map(() => '---'), ...rows.map(cells)].map(
    (row) => `| ${row.join(' | ')} |`,
  );
  const text = `# ${title}\n\n${sentence(where, wish)}\n\n${lines.join('\n')}\n`;
  console.log(text);
  if (wish.steps !== undefined) return;
  await mkdir(RESULTS, { recursive: true });
  const result = { title, where, tokens: wish.tokens, rounds: wish.rounds, seconds: wish.seconds, rows };
  await writeFile(join(RESULTS, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(join(RESULTS, `${name}.md`), text);
}

function cells({ what, value, unit, text, missing, goal = '', holds, spread = '', beside = '' }) {
  const figure = missing ?? text ?? `${shown(value)} ${unit}`;
  return [what, figure, goal, holds === undefined ? '' : holds ? 'yes' : 'no', spread, beside];
}

function sentence(
  { cpu, cores, memoryGigabytes, node, postgres, date, isPinned },
  { tokens, rounds, seconds },
) {
  const apart = isPinned ? 'server on one core, load and Postgres on another' : 'nothing pinned to a core';
  return (
    `${date}: ${cpu}, ${cores} cores, ${memoryGigabytes} GB; Node ${node}, Postgres ${postgres}; ${apart}. ` +
    `${tokens.toLocaleString('en')} tokens; medians of ${rounds} interleaved rounds of ${seconds} s, every answer checked.`
  );
}

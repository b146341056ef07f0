/**
 * `npm run bench` (every benchmark) and `npm run bench -- NAME…` (some): starts the built product, measures it, prints a
 * table and writes it to bench/results/. Node alone runs this file: the packages of bench/ are installed when missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const HERE = import.meta.dirname;
const BENCHMARKS = join(HERE, 'benchmarks');
const OPTIONS = {
  tokens: { type: 'string' },
  rounds: { type: 'string' },
  only: { type: 'string' },
  quick: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};
const FULL = { tokens: 1_000_000, rounds: 5, seconds: 4, warmUpSeconds: 10 };
const QUICK = { tokens: 20_000, rounds: 3, seconds: 1, warmUpSeconds: 3 };

const { values, positionals } = readArguments();
const known = benchmarks();
const unknown = positionals.filter((name) => !known.has(name));
if (values.help || unknown.length > 0) {
  for (const name of unknown) console.error(`There is no benchmark "${name}".`);
  console.log(usage(known));
  process.exit(unknown.length > 0 ? 1 : 0);
}
const scale = values.quick ? QUICK : FULL;
const wish = {
  tokens: wholeNumber('tokens') ?? scale.tokens,
  rounds: wholeNumber('rounds') ?? scale.rounds,
  seconds: scale.seconds,
  warmUpSeconds: scale.warmUpSeconds,
  steps: values.only?.split(','),
};
installPackages();
const { conduct } = await import('./conduct.mjs');
for (const name of positionals.length > 0 ? positionals : known.keys()) {
  const benchmark = await import(join(BENCHMARKS, `${name}.mjs`));
  try {
    await conduct(name, benchmark, wish);
  } catch (error) {
    console.error(`${name}: ${error.stack}`);
    process.exitCode = 1;
  }
}

/** Every benchmark by name, with the first line of its file's docstring: a new one is one new file. */
function benchmarks() {
  const files = readdirSync(BENCHMARKS).filter((name) => name.endsWith('.mjs'));
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(BENCHMARKS, file), 'utf8');
      return [file.slice(0, -'.mjs'.length), /^ \* (.*)$/m.exec(text)?.[1] ?? ''];
    }),
  );
}

function usage(known) {
  return [
    'npm run bench -- [NAME…] [--quick] [--tokens N] [--rounds N] [--only STEP,…]',
    '',
    ...[...known].map(([name, about]) => `  ${name.padEnd(12)} ${about}`),
    '',
    `Without names all run. --quick is ${QUICK.tokens} tokens and ${QUICK.rounds} short rounds: to see that it works, not how fast.`,
    'With --only, some steps of a benchmark run and nothing is written to bench/results/.',
  ].join('\n');
}

function readArguments() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    console.error(error.message);
    return { values: { help: true }, positionals: [] };
  }
}

function wholeNumber(option) {
  const text = values[option];
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  console.error(`--${option} takes a whole number from 1 on.`);
  process.exit(1);
}

function installPackages() {
  if (existsSync(join(HERE, 'node_modules/.package-lock.json'))) return;
  console.error('Installing the packages of bench/ (npm ci) …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: HERE,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) process.exit(1);
}

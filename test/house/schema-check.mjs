/**
 * Compares schema.graphql with the one that callers already build on: that of the last release (the newest tag `v…`),
 * or, where nothing has been released yet, the last commit's. A breaking change exits with 1.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const SCHEMA = 'schema.graphql';

const base = lastRelease() ?? 'HEAD';
const before = git('show', `${base}:${SCHEMA}`);
if (before === undefined) {
  console.log(`${base} has no ${SCHEMA}: nothing to break.`);
} else {
  const changes = await diff(buildSchema(before), buildSchema(readFileSync(join(ROOT, SCHEMA), 'utf8')));
  const breaking = changes.filter((change) => change.criticality.level === CriticalityLevel.Breaking);
  for (const change of breaking)
    console.error(`Breaks callers of ${base}: ${change.message} (${change.path})`);
  console.log(`${changes.length} changes since ${base}, ${breaking.length} of them breaking.`);
  if (breaking.length > 0) process.exitCode = 1;
}

function lastRelease() {
  return git('describe', '--tags', '--abbrev=0', '--match', 'v*')?.trim();
}

/** What git prints; undefined when it has nothing to say (no such tag, no such file, no repository). */
function git(...words) {
  try {
    // The checkout may belong to somebody else than the user who checks it.
    return execFileSync('git', ['-c', 'safe.directory=*', ...words], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}

/**
 * Draws who imports whom into docs/internals/rooms.md, from the code as it is.
 * With `--check` it only compares, and exits with 1 when the picture is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import configuration, { ROWS } from '../../.dependency-cruiser.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const PAGE = join(ROOT, 'docs/internals/rooms.md');
const TEST_CODE = /\.spec\.ts$|^libs\/[^/]+\/test\//;

process.chdir(ROOT);
const imports = await importsOfRooms();
const page = pageOf(imports);
if (!process.argv.includes('--check')) {
  writeFileSync(PAGE, page);
} else if (readFileSync(PAGE, 'utf8') !== page) {
  console.error('docs/internals/rooms.md is stale: run npm run house and commit it.');
  process.exitCode = 1;
}

/** A map from each room to the set of rooms that its product code imports. */
async function importsOfRooms() {
  const { options } = configuration;
  const config = extractTSConfig(join(ROOT, options.tsConfig.fileName));
  const { output } = await cruise(['apps', 'libs', 'ormconfig.ts'], options, options.enhancedResolveOptions, {
    tsConfig: config,
  });
  const found = new Map();
  for (const { source, dependencies } of output.modules) {
    const room = roomOf(source);
    if (!room || TEST_CODE.test(source)) continue;
    if (!found.has(room)) found.set(room, new Set());
    for (const { resolved } of dependencies) {
      const other = roomOf(resolved);
      if (other && other !== room) found.get(room).add(other);
    }
  }
  return found;
}

function roomOf(path) {
  if (/^(apps\/server\/|ormconfig\.ts$)/.test(path)) return 'server';
  return /^libs\/([^/]+)\//.exec(path)?.[1];
}

function pageOf(imports) {
  const known = [...ROWS.flat(), 'embedded'];
  const rooms = known.filter((room) => imports.has(room));
  const rows = ROWS.map((row, index) => {
    const level = ROWS.length - 1 - index;
    return { level, rooms: row.filter((room) => imports.has(room)) };
  }).filter((row) => row.rooms.length > 0);
  const arrows = rooms.flatMap((room) => nearest(room, imports).map((other) => `  ${room} --> ${other}`));
  return `# The rooms and who imports whom

Drawn from the code by \`npm run house\`; a stale picture fails there. An arrow means "imports". Arrows that follow from
others are left out of the picture; the table has them all. Every arrow points down, and there is no circle: the same
command checks that.

\`\`\`mermaid
flowchart TD
${rows.map(boxOf).join('\n')}
${arrows.join('\n')}
\`\`\`

| room | imports |
|---|---|
${rooms.map((room) => `| ${room} | ${sorted(imports.get(room), known).join(', ') || '(nothing)'} |`).join('\n')}
`;
}

function boxOf({ level, rooms }) {
  return `  subgraph row${level}["${level}"]\n    ${rooms.join('\n    ')}\n  end`;
}

/** What a room imports and cannot reach by way of another of its imports. */
function nearest(room, imports) {
  const direct = [...imports.get(room)];
  const known = [...ROWS.flat(), 'embedded'];
  const rest = direct.filter(
    (other) => !direct.some((between) => between !== other && reaches(between, other, imports)),
  );
  return sorted(rest, known);
}

function reaches(from, to, imports) {
  return [...(imports.get(from) ?? [])].some((next) => next === to || reaches(next, to, imports));
}

function sorted(names, order) {
  return [...names].sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

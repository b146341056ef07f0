import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The repository's root, absolute. */
export const ROOT = join(import.meta.dirname, '../..');

const PLACES = ['apps', 'libs', 'test', 'bench', '.ci', 'docs'];
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'reports', 'results', '.stryker-tmp']);

/** One file of the repository. */
export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  /** Its text. */
  text(): string;
}

/**
 * Every file that people write, by path.
 * @param endings Only those; without the dot
 * @returns In the order of their paths
 */
export function sourceFiles(...endings: readonly string[]): SourceFile[] {
  const wanted = new RegExp(`\\.(${endings.join('|')})$`);
  return [...PLACES.flatMap((place) => filesBelow(join(ROOT, place))), ...filesIn(ROOT)]
    .filter((path) => endings.length === 0 || wanted.test(path))
    .map((path) => ({ path: relative(ROOT, path), text: () => readFileSync(path, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The names of the rooms: the folders of libs.
 * @returns Sorted
 */
export function rooms(): string[] {
  return readdirSync(join(ROOT, 'libs'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function filesIn(folder: string): string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name));
}

function filesBelow(folder: string): string[] {
  const below = entriesOf(folder).filter((entry) => entry.isDirectory() && !NOT_OURS.has(entry.name));
  return [...filesIn(folder), ...below.flatMap((entry) => filesBelow(join(folder, entry.name)))];
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // not every place exists from the first day
    throw error;
  }
}

/** The launcher of the product's commands (`npm run settings` and the others): builds when that is needed, then hands over. */
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { buildWhenStale, REPOSITORY } from './build.mjs';

try {
  await buildWhenStale();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
await import(pathToFileURL(join(REPOSITORY, 'dist/apps/server/src/commands/cli.js')).href);

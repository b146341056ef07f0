/**
 * `npm test` starts here: the end-to-end tests run the built product, so a stale build is made anew before jest; and what
 * the first test on a machine would wait for too long is made ready.
 */
import { buildWhenStale } from '../../apps/server/build.mjs';
import { prepareDirectories } from './prepare-directories.mjs';

await buildWhenStale();
await prepareDirectories();

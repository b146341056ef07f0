/** `npm test` starts here: the end-to-end tests run the built product, so a stale build is made anew before jest. */
import { buildWhenStale } from '../../apps/server/build.mjs';

await buildWhenStale();

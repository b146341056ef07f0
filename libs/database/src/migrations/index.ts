import { TheMainJob1764000000000 } from './1764000000000-the-main-job.js';

/** Every migration, oldest first; each is run once, in one transaction of its own. */
export const migrations = [TheMainJob1764000000000];

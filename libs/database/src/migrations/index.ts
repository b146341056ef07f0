import { TheMainJob1764000000000 } from './1764000000000-the-main-job.js';
import { TheFirstWholeAnswer1764100000000 } from './1764100000000-the-first-whole-answer.js';
import { TheWholeLifeOfAToken1764200000000 } from './1764200000000-the-whole-life-of-a-token.js';
import { TheDirectoryAndItsRuns1764300000000 } from './1764300000000-the-directory-and-its-runs.js';
import { PolicyAndHousekeeping1764400000000 } from './1764400000000-policy-and-housekeeping.js';

/** Every migration, oldest first; each is run once, in one transaction of its own. */
export const migrations = [
  TheMainJob1764000000000,
  TheFirstWholeAnswer1764100000000,
  TheWholeLifeOfAToken1764200000000,
  TheDirectoryAndItsRuns1764300000000,
  PolicyAndHousekeeping1764400000000,
];

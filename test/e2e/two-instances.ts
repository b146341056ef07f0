import { randomBytes } from 'node:crypto';
import { emptyDatabase, startProduct, type RunningProduct } from '../harness/index.js';
import { group, person, writeDirectory } from './directory-file.js';

/** Two instances of one company on one database. */
export interface TwoInstances {
  readonly one: RunningProduct;
  readonly other: RunningProduct;
  /** Connection string of their database. */
  readonly databaseUrl: string;
  /** Stops both and drops their database. */
  stop(): Promise<void>;
}

/**
 * Starts two instances: `root` administers, `gwen` and `hugo` are people of `people`, `gate` is in `gates`, whose members
 * may introspect; everybody's password is the name and `-secret`.
 * @returns Both, ready
 */
export async function startTwoInstances(): Promise<TwoInstances> {
  const database = await emptyDatabase();
  const env = {
    MASTER_KEY: randomBytes(32).toString('base64'),
    DIRECTORY_FILE: writeDirectory({
      users: [person('root'), person('gwen'), person('hugo'), person('gate')],
      groups: [group('wardens', ['root']), group('people', ['gwen', 'hugo']), group('gates', ['gate'])],
    }),
    ADMIN_GROUPS: 'wardens',
    PUBLIC_URL: 'http://127.0.0.1:4000', // one issuer for both
    DATABASE_URL: database.url,
  };
  const [one, other] = await Promise.all([startProduct({ env }), startProduct({ env })]);
  return {
    one,
    other,
    databaseUrl: database.url,
    stop: async () => {
      await Promise.all([one.stop(), other.stop()]);
      await database.close();
    },
  };
}

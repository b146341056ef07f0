import { beforeEach } from '@jest/globals';
import { databaseNow, rows, type Database } from '@tokenwarden/database';
import { databaseForSpecs, type DatabaseForSpecs } from '../../../test/harness/index.js';
import { applyAnswer } from '../src/apply-answer.js';
import type { NamedLosses } from '../src/brake.rules.js';
import type { DirectoryUser, WholeAnswer } from '../src/directory-answer.js';
import type { DirectoryChanges } from '../src/directory-changes.rules.js';

/** Whom the directory names. */
export type Users = WholeAnswer['users'];
/** Which groups it names. */
export type Groups = WholeAnswer['groups'];

/** The id of ada, who administers. */
export const ADA = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a01';
/** The id of grace, who does not. */
export const GRACE = '0c5a6f2e-4b1d-4f0e-9a3b-5d7c1e2f8a02';
/** The id of the group of the administrators. */
export const ADMINS = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e11';
/** The id of grace's group. */
export const DATA = '7e1b9d34-2c68-4a57-8f90-3b6d5a4c2e12';

/** Somebody enabled, without e-mail, shown by their username: all where `facts` say nothing else. */
export const user = (id: string, username: string, facts: Partial<DirectoryUser> = {}): DirectoryUser => ({
  id,
  username,
  displayName: username,
  email: null,
  enabled: true,
  ...facts,
});
/** ada, as the directory names her. */
export const ada = user(ADA, 'ada');
/** grace, as the directory names her. */
export const grace = user(GRACE, 'grace');
/** The administrators: ada. */
export const admins = { id: ADMINS, name: 'admins', memberIds: [ADA] };
/** The other group: grace. */
export const data = { id: DATA, name: 'data', memberIds: [GRACE] };

/** An answer that names these, and nobody else. */
export const whole = (users: Users, groups: Groups): WholeAnswer => ({
  ...{ whole: true, users, groups },
  warnings: [],
});

/** A copy of a directory, and what changes of it leave behind. */
export class CopyWorld {
  constructor(private readonly fresh: DatabaseForSpecs) {}

  get database(): Database {
    return this.fresh.database;
  }

  /** The copy holds these from here on, and nothing has been said of it. */
  async begin(users: Users, groups: Groups): Promise<void> {
    await this.sql(
      'TRUNCATE users, groups, group_members, administrator_groups, changes, audit_pending_events CASCADE',
    );
    await this.apply(users, groups);
    await this.sql('TRUNCATE changes, audit_pending_events');
  }

  /** Brings the copy to what an answer says that was read just now. */
  apply = (users: Users, groups: Groups, accepted?: NamedLosses): Promise<DirectoryChanges> =>
    this.database.transaction(async (tx) =>
      applyAnswer(tx, whole(users, groups), await databaseNow(tx), accepted),
    );

  /** The events that wait for the trail, `action name`, in order of arrival. */
  events = async (): Promise<string[]> => {
    const found = await this.sql<{ said: string }>(
      `SELECT action || ' ' || coalesce(target_name, '') AS said FROM audit_pending_events ORDER BY arrival`,
    );
    return found.map(({ said }) => said);
  };

  /** One statement, by itself. */
  sql = <T = Record<string, unknown>>(sql: string): Promise<T[]> =>
    this.database.read((tx) => rows<T>(tx, sql));
}

/** A copy that holds these before each test of the file that calls this. */
export function copyForSpecs(users: Users, groups: Groups): CopyWorld {
  const world = new CopyWorld(databaseForSpecs());
  beforeEach(() => world.begin(users, groups));
  return world;
}

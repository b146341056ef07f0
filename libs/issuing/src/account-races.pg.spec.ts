import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdministratorsMail } from '@tokenwarden/directory';
import { Notifications } from '@tokenwarden/notifications';
import { ServiceAccountsService } from '@tokenwarden/service-accounts';
import { Settings, type SettingsValues } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import type { Caller } from '@tokenwarden/vocabulary';
import { World } from '../test/world.js';

let world: World;
let accounts: ServiceAccountsService;
let data: string;
let grace: Caller;
let ada: Caller;
beforeAll(async () => {
  world = await World.begin();
  const logs = new Logs({ level: 'fatal' });
  const settings = new Settings({} as Partial<SettingsValues> as SettingsValues);
  accounts = new ServiceAccountsService(
    world.database,
    logs,
    new AdministratorsMail(new Notifications(world.database, logs, settings)),
  );
  data = await world.group(['dataset/*:read']);
  const admins = await world.group(['*:*']);
  grace = await world.person({ groupIds: [data] });
  ada = await world.person({ groupIds: [admins], permissions: ['*:*'] });
});
afterAll(() => world.end());

const ROUNDS = 20;

/** Three tokens are asked for and `change` is made, all at once; the codes of what was refused. */
async function atOnce(id: string, change: () => Promise<unknown>): Promise<string[]> {
  const issue = () => world.issuing.issueServiceAccountToken(grace, id, { name: 'nightly' });
  const outcomes = await Promise.allSettled([issue(), change(), issue(), issue()]);
  return outcomes.flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
  );
}

async function eventsOf(id: string): Promise<string[]> {
  const sql = `SELECT action FROM audit_pending_events WHERE target_id = $1::text
    OR target_id IN (SELECT id::text FROM access_tokens WHERE principal_id = $1::uuid) ORDER BY arrival`;
  return (await world.sql<{ action: string }>(sql, [id])).map(({ action }) => action);
}

describe('issuing for an account that goes at that moment', () => {
  it('leaves no live token to a deleted one', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await world.account([data]);
      const refused = await atOnce(id, () => accounts.delete(ada, { id }));
      expect(refused.filter((code) => code !== 'NOT_FOUND')).toEqual([]);
      const issued = await world.sql<{ revoked_at: Date | null }>(
        'SELECT revoked_at FROM access_tokens WHERE principal_id = $1',
        [id],
      );
      expect(issued).toHaveLength(3 - refused.length);
      expect(issued.filter(({ revoked_at: revokedAt }) => revokedAt === null)).toEqual([]);
      expect((await eventsOf(id)).at(-1)).toBe('service-account.deleted');
    }
  });

  it('issues nothing to a suspended one', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await world.account([data]);
      const refused = await atOnce(id, () => accounts.suspend(ada, { id }));
      expect(refused.filter((code) => code !== 'PRINCIPAL_NOT_ACTIVE')).toEqual([]);
      expect(await world.tokensOf(id)).toBe(3 - refused.length);
      expect((await eventsOf(id)).at(-1)).toBe('service-account.suspended');
    }
  });
});

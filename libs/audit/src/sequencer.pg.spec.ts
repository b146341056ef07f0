import { describe, expect, it } from '@jest/globals';
import { lockFor } from '@tokenwarden/database';
import type { Logs } from '@tokenwarden/telemetry';
import { SYSTEM } from '@tokenwarden/vocabulary';
import { databaseForSpecs } from '../../../test/harness/index.js';
import { AuditEventFilter } from './audit-event.inputs.js';
import { AuditService } from './audit.service.js';
import { record } from './record.js';
import { Sequencer } from './sequencer.js';

const server = databaseForSpecs();
const logs = { warn: () => undefined } as unknown as Logs;
const recorded = () =>
  server.database.transaction((tx) => record(tx, { action: 'policy.updated', by: SYSTEM }));

describe('while events take long to get their places', () => {
  it('a list shows those that have one, an export is refused, and both are whole afterwards', async () => {
    const sequencer = new Sequencer(server.database, logs);
    const audit = new AuditService(server.database, sequencer);
    const listed = async () => (await audit.eventsOnPage({ first: 10 }, new AuditEventFilter())).nodes.length;
    await recorded();
    expect(await listed()).toBe(1);
    // Stands for very many that come first.
    await server.database.transaction(
      async (tx) => {
        await lockFor(tx, 'audit-sequencer');
        await recorded();
        expect(await Promise.all([listed(), sequencer.hasCaughtUp()])).toEqual([1, false]);
        await expect(audit.exported({ since: undefined, until: undefined })).rejects.toMatchObject({
          code: 'UNAVAILABLE',
        });
      },
      { withinSeconds: 20 },
    );
    expect(await listed()).toBe(2);
    expect(await sequencer.hasCaughtUp()).toBe(true);
  });
});

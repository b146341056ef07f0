import { Injectable } from '@nestjs/common';
import { Database, databaseNow } from '@tokenwarden/database';
import { authorOf, type Caller } from '@tokenwarden/vocabulary';
import { CapWriter } from '../caps/cap-writer.js';
import { currentPolicy } from '../policy.service.js';
import { changePolicy, type ChangedPolicy } from './change-policy.js';
import { prepareChange, type AskedChange } from './prepare-change.js';

/** Changes the policy. The caller was asked for `policy:write` before. */
@Injectable()
export class PolicyChangeService {
  constructor(
    private readonly database: Database,
    private readonly capWriter: CapWriter,
  ) {}

  /**
   * Makes a new version of the policy with its event, and with CAP ends tokens earlier, by one commit (rules 13 and 15).
   * @throws Problem `INVALID_INPUT` on the value at fault or on `changes` where nothing would be different, `VERSION_CONFLICT`
   * on `expectedVersion`, `UNAVAILABLE` where somebody issues for longer than it waits
   */
  async update(caller: Caller, asked: AskedChange): Promise<ChangedPolicy> {
    // What cannot be is refused here already, before anybody who issues is held up for it.
    await this.database.read(async (tx) =>
      prepareChange(await currentPolicy(tx), asked, await databaseNow(tx)),
    );
    const changed = await this.database.transaction((tx) => changePolicy(tx, authorOf(caller), asked));
    if (changed.capped > 0) this.capWriter.wake();
    return changed;
  }
}

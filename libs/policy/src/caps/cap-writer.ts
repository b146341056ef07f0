import { Injectable } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import { forgetOldCaps, SetWriter, waitingCaps, writeWaitingCapSet } from '@tokenwarden/tokens';

/** Writes the ends that a policy change has moved into the rows of its tokens, each with its event, behind the commit. */
@Injectable()
export class CapWriter extends SetWriter {
  constructor(database: Database, logs: Logs) {
    super(database, logs, {
      waiting: waitingCaps,
      writeSet: writeWaitingCapSet,
      forgetOld: forgetOldCaps,
      words: {
        written: 'A cap is written into the rows of all its tokens.',
        waits: 'A cap waits to be written into the rows of its tokens.',
      },
    });
  }
}

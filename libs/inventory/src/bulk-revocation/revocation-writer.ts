import { Injectable } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { Logs } from '@tokenwarden/telemetry';
import { forgetOldRevocations, SetWriter, waitingRevocations, writeWaitingSet } from '@tokenwarden/tokens';

/** Writes what a bulk revocation has decided into the rows of its tokens, each with its event, behind the commit. */
@Injectable()
export class RevocationWriter extends SetWriter {
  constructor(database: Database, logs: Logs) {
    super(database, logs, {
      waiting: waitingRevocations,
      writeSet: writeWaitingSet,
      forgetOld: forgetOldRevocations,
      words: {
        written: 'A bulk revocation is written into the rows of all its tokens.',
        waits: 'A bulk revocation waits to be written into the rows of its tokens.',
      },
    });
  }
}

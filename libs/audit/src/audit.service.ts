import { Injectable } from '@nestjs/common';
import { pageOf, toConnection, type Connection, type ForwardPageArgs } from '@tokenwarden/api';
import { Database } from '@tokenwarden/database';
import { isIdentifier, unavailable } from '@tokenwarden/vocabulary';
import type { AuditEventFilter } from './audit-event.inputs.js';
import { toAuditEvent, type AuditEvent } from './audit-event.type.js';
import { eventsOnPage, NEWEST_FIRST } from './audit-events.queries.js';
import { eventRowById } from './audit.queries.js';
import { eventsOnStretch, stretchOf, type Span } from './audit-span.queries.js';
import { Sequencer } from './sequencer.js';
import { trailHead } from './trail-stretch.queries.js';

/** How many events the export holds at once. */
const EXPORT_BATCH = 500n;

/** Reads the trail; who may, is decided before. Whoever reads sees every event that was committed before. */
@Injectable()
export class AuditService {
  constructor(
    private readonly database: Database,
    private readonly sequencer: Sequencer,
  ) {}

  /**
   * A page of the trail, newest first: of what has its place by now, where very much happened a moment ago.
   * @throws Problem `INVALID_INPUT` on `first` or `after`, `UNAVAILABLE`
   */
  async eventsOnPage(args: ForwardPageArgs, filter: AuditEventFilter): Promise<Connection<AuditEvent>> {
    const page = pageOf(
      args,
      { list: 'auditEvents', filter },
      NEWEST_FIRST.map((column) => column.type),
    );
    await this.sequencer.hasCaughtUp();
    const found = await this.database.read((tx) => eventsOnPage(tx, filter, page));
    return toConnection(page, found.map(toAuditEvent), (event) => [event.sequence]);
  }

  /** The event of this id, or undefined. */
  async eventById(id: string): Promise<AuditEvent | undefined> {
    if (!isIdentifier(id)) return undefined;
    await this.sequencer.hasCaughtUp();
    const row = await this.database.read((tx) => eventRowById(tx, id));
    return row && toAuditEvent(row);
  }

  /**
   * The place of the last event that was committed before the call, `0` where there is none.
   * @throws Problem `UNAVAILABLE`
   */
  async head(): Promise<string> {
    await this.sequencer.catchUp();
    return this.database.read(trailHead);
  }

  /**
   * The trail of a span, oldest first, in batches, up to what there is now. The first batch is read before this returns,
   * so that a caller learns of trouble before it has begun to answer.
   * @throws Problem `UNAVAILABLE`, here and while the batches are taken; also where events wait for their places for longer than a
   * request may: an export without them would look whole
   */
  async exported(span: Span): Promise<AsyncGenerator<AuditEvent[]>> {
    if (!(await this.sequencer.hasCaughtUp()))
      throw unavailable('The events of what was done to very many are being put in order. Try again later.');
    const whole = await this.database.read((tx) => stretchOf(tx, span));
    // There are no gaps: a stretch of so many places holds so many events.
    const next = async (first: bigint) => {
      const end = first + EXPORT_BATCH - 1n;
      const stretch = { first, last: end < whole.last ? end : whole.last };
      return (await this.database.read((tx) => eventsOnStretch(tx, span, stretch))).map(toAuditEvent);
    };
    const begin = await next(whole.first);
    return (async function* () {
      if (begin.length > 0) yield begin;
      for (let first = whole.first + EXPORT_BATCH; first <= whole.last; first += EXPORT_BATCH) {
        const batch = await next(first);
        if (batch.length > 0) yield batch;
      }
    })();
  }
}

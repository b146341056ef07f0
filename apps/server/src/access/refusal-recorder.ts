import { Injectable } from '@nestjs/common';
import { record } from '@tokenwarden/audit';
import { Database } from '@tokenwarden/database';
import { authorOf, Problem, type Caller } from '@tokenwarden/vocabulary';
import { accessTo, refusedAction } from './access.rules.js';

/** Writes refused attempts into the audit trail: one event a request, whatever the number of its refusals. */
@Injectable()
export class RefusalRecorder {
  private readonly recorded = new WeakSet<object>();

  constructor(private readonly database: Database) {}

  /**
   * Records that `caller` was refused `operation`, where that belongs into the trail.
   * @param request any object that stands for the request
   * @throws Problem `UNAVAILABLE`: an attempt that cannot be recorded is not answered as if it had been
   */
  async record(
    request: object,
    operation: string,
    caller: Caller | undefined,
    problem: Problem,
  ): Promise<void> {
    const access = accessTo(operation);
    if (!caller || !access || this.recorded.has(request)) return;
    const action = refusedAction(access, caller, problem);
    if (action === undefined) return;
    this.recorded.add(request);
    const target = problem.refusedTarget;
    await this.database.transaction((tx) =>
      record(tx, {
        action,
        outcome: 'REFUSED',
        by: authorOf(caller),
        ...(target === undefined ? {} : { target }),
        details: { operation: operation.replace(/^(Query|Mutation)\./, ''), code: problem.code },
      }),
    );
  }
}

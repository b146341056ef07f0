import { Injectable } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { Notifications } from '@tokenwarden/notifications';
import { currentPolicy, type PolicyDocument } from '@tokenwarden/policy';
import { agreedNow } from '../runs/clocks-apart.js';
import { cutShort } from '../runs/cut-short.js';
import type { RunContext, RunOutcome, RunWork } from '../runs/run.js';
import type { Task, Timing } from '../runs/task.js';
import { foresee } from '../warnings/foreseeing.js';
import { tellAll } from '../warnings/telling.js';
import { Collected, decideAll } from '../warnings/through-ends.js';
import { requireChannels, type WarningChannels } from '../warnings/warning-channels.js';
import { expiringTokens } from './expiring-tokens.queries.js';
import { untilFewEndsMove } from './many-ends.js';

type WarningPolicy = PolicyDocument['expiryWarnings'];

/**
 * EXPIRY_WARNINGS: tells people of tokens that end soon, once for each token, end and threshold, all of a person's tokens in one
 * message (rule 17). What is due is decided and committed bit by bit, then put into messages, then sent: a run that was killed is
 * gone on with by the next one, wherever it stood.
 */
@Injectable()
export class ExpiryWarningsTask implements Task {
  readonly name = 'EXPIRY_WARNINGS';
  readonly budgetSeconds = 3_600;
  readonly isByTheClock = true;
  readonly run: RunWork = async (context) => {
    await this.database.read(agreedNow);
    await untilFewEndsMove(this.database, context.signal);
    const { expiryWarnings } = (await this.database.read(currentPolicy)).document;
    return context.dryRun ? this.look(context, expiryWarnings) : this.warn(context, expiryWarnings);
  };

  constructor(
    private readonly database: Database,
    private readonly notifications: Notifications,
  ) {}

  /** As the policy in force says. */
  timing({ expiryWarnings }: PolicyDocument): Timing {
    return { schedule: expiryWarnings.schedule, isEnabled: expiryWarnings.enabled };
  }

  private async warn(context: RunContext, policy: WarningPolicy): Promise<RunOutcome> {
    const { database, notifications } = this;
    const channels = requireChannels(policy, notifications);
    const collected = new Collected();
    try {
      await decideAll(context, collected, expiringTokens(policy.thresholds, channels), this);
      const told = { subject: { kind: 'EXPIRY' }, channels } as const;
      const { details, ...end } = await tellAll(context, told, { database, notifications });
      const said = { ...detailsOf(collected, channels), ...details };
      return { ...end, ...countsOf(collected), details: said };
    } catch (error) {
      const { details, ...end } = cutShort(error);
      return { ...end, ...countsOf(collected), details: { ...detailsOf(collected, channels), ...details } };
    }
  }

  private async look({ signal }: RunContext, policy: WarningPolicy): Promise<RunOutcome> {
    const { database, notifications } = this;
    const foreseen = await foresee({ database, notifications }, signal, policy, (_, channels) =>
      expiringTokens(policy.thresholds, channels),
    );
    const { collected, channels } = foreseen;
    const details = { ...detailsOf(collected, channels), ...foreseen.details };
    return { state: 'SUCCEEDED', ...countsOf(collected), details };
  }
}

function countsOf({ examined, due }: Collected) {
  return { examined, affected: due };
}

function detailsOf({ due, detailsOfUnreachable }: Collected, { webhook }: WarningChannels) {
  return { warned: due, ...detailsOfUnreachable, ...(webhook && { webhook }) };
}

import { Injectable } from '@nestjs/common';
import { Database } from '@tokenwarden/database';
import { Notifications } from '@tokenwarden/notifications';
import { currentPolicy, type PolicyDocument } from '@tokenwarden/policy';
import { Problem } from '@tokenwarden/vocabulary';
import type { RunContext, RunOutcome, RunWork } from '../runs/run.js';
import type { Task, Timing } from '../runs/task.js';
import { writePatiently } from '../runs/write-patiently.js';
import { tellAll } from '../warnings/telling.js';
import {
  missingChannel,
  openChannels,
  requireChannels,
  type WarningChannels,
} from '../warnings/warning-channels.js';
import { Collected, goThroughEnds } from './collecting.js';
import { decideDue, foreseeDue } from './collecting.queries.js';

type WarningPolicy = PolicyDocument['expiryWarnings'];

/** For looking at all tokens that end within the longest threshold; nobody waits for a dry run. */
const LOOK_SECONDS = 120;

/**
 * EXPIRY_WARNINGS: tells people of tokens that end soon, once for each token, end and threshold, all of a person's tokens in one
 * message (rule 17). What is due is decided and committed bit by bit, then put into messages, then sent: a run that was killed is
 * gone on with by the next one, wherever it stood.
 */
@Injectable()
export class ExpiryWarningsTask implements Task {
  readonly name = 'EXPIRY_WARNINGS';
  readonly budgetSeconds = 3_600;
  readonly run: RunWork = async (context) => {
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
    const sought = { thresholds: policy.thresholds, channels };
    try {
      await goThroughEnds(collected, context.signal, (reach) =>
        writePatiently(context, (tx) => decideDue(tx, sought, reach)),
      );
      const told = { subject: { kind: 'EXPIRY' }, channels } as const;
      const { details, ...end } = await tellAll(context, told, { database, notifications });
      const said = { ...detailsOf(collected, channels), ...details };
      return { ...end, ...countsOf(collected), details: said };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // What was decided by then stays so, and the next run goes on.
      const details = detailsOf(collected, channels);
      return { state: 'FAILED', error: error.message, ...countsOf(collected), details };
    }
  }

  private async look(context: RunContext, policy: WarningPolicy): Promise<RunOutcome> {
    const wouldFail = missingChannel(policy, this.notifications);
    // Who would be told is the same whatever is missing here.
    const open = openChannels(policy, this.notifications);
    const channels = { ...open, byMail: policy.channels.includes('EMAIL') };
    const collected = new Collected();
    await this.database.inSnapshot(
      async (tx) => {
        const sought = { thresholds: policy.thresholds, channels };
        await goThroughEnds(collected, context.signal, (reach) => foreseeDue(tx, sought, reach));
      },
      { withinSeconds: LOOK_SECONDS },
    );
    const messages = collected.recipients.size;
    const details = { ...detailsOf(collected, channels), messages, ...(wouldFail && { wouldFail }) };
    return { state: 'SUCCEEDED', ...countsOf(collected), details };
  }
}

function countsOf({ examined, due }: Collected) {
  return { examined, affected: due };
}

function detailsOf({ due, withoutEmail }: Collected, { webhook }: WarningChannels) {
  return { warned: due, ...withoutEmail, ...(webhook && { webhook }) };
}

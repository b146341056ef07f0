import type { HousekeepingTask } from '@tokenwarden/vocabulary';
import type { TaskFails, TaskRecovers } from './content.js';
import {
  code,
  facts,
  heading,
  line,
  link,
  momentFrom,
  operation,
  paragraph,
  words,
  type Block,
  type Line,
  type MailDocument,
} from './mail-document.js';
import { BECAUSE_ADMINISTRATOR } from './notice-parts.js';
import type { MailSetting } from './rendered-mail.js';

/** What it means that a task does not get through, for as long as that lasts. */
const MEANING: Readonly<Record<HousekeepingTask, Line>> = {
  EXPIRY_WARNINGS: line`Until it goes through, people may not be told of tokens that end soon. The tokens end all the same. Nothing that is due is forgotten: the next run that goes through tells it.`,
  PURGE: line`Until it goes through, tokens that ended long ago stay in the database. None of them lets anybody in.`,
  IDLE_REVOCATION: line`Until it goes through, tokens that nobody uses are neither warned of nor revoked. They go on working.`,
  DIRECTORY_SYNC: line`The last good copy of the directory stays in force. Until a run goes through, whoever leaves keeps what they have, and new members and groups get nothing.`,
};

/** A task fails: told once, when it begins. */
export function taskFails(
  { task, runId, failedAt, error }: TaskFails,
  { publicUrl, now }: MailSetting,
): MailDocument {
  return {
    subject: line`Tokenwarden: ${words(task)} fails`,
    title: line`The housekeeping task ${code(task)} fails`,
    blocks: [
      facts(
        ['Task', line`${code(task)}`],
        ['Failed', momentFrom(failedAt, now)],
        ['Run', line`${code(runId)}`],
        ['Reason', line`${error}`],
      ),
      heading('What it means'),
      paragraph(MEANING[task]),
      heading('What to do'),
      paragraph(
        line`Mend what the reason names. By its schedule the task tries again without you; whether it goes through is seen at ${link(`${publicUrl}/graphql`)} by:`,
      ),
      ...runsOf(task),
      paragraph(line`To try at once (this needs ${code('housekeeping:run')}):`),
      operation(
        'mutation {',
        `  runHousekeeping(input: { task: ${task} }) {`,
        '    run { id state }',
        '  }',
        '}',
      ),
      paragraph(line`You are told once more when it goes through, and not at each run until then.`),
    ],
    because: BECAUSE_ADMINISTRATOR,
  };
}

/** A task that failed goes through again. */
export function taskRecovers(
  { task, runId, recoveredAt, failingSince }: TaskRecovers,
  { now }: MailSetting,
): MailDocument {
  return {
    subject: line`Tokenwarden: ${words(task)} goes through again`,
    title: line`The housekeeping task ${code(task)} goes through again`,
    blocks: [
      facts(
        ['Task', line`${code(task)}`],
        ...(failingSince === null ? [] : [['Failed since', momentFrom(failingSince, now)] as const]),
        ['Now well', momentFrom(recoveredAt, now)],
        ['Run', line`${code(runId)}`],
      ),
      heading('What it means'),
      paragraph(
        line`What was left undone meanwhile is done by this run or the next ones. There is nothing to do. What it did is seen by:`,
      ),
      ...runsOf(task),
    ],
    because: BECAUSE_ADMINISTRATOR,
  };
}

function runsOf(task: HousekeepingTask): Block[] {
  return [
    operation(
      '{',
      `  housekeepingRuns(task: ${task}, first: 5) {`,
      '    nodes { id state startedAt error details }',
      '  }',
      '}',
    ),
  ];
}

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

/** A task that failed goes through again, or as far as to an answer that is held. */
export function taskRecovers(
  { task, runId, recoveredAt, failingSince, state = 'SUCCEEDED' }: TaskRecovers,
  { now }: MailSetting,
): MailDocument {
  const { does, when, meaning } = ENDS[state];
  return {
    subject: line`Tokenwarden: ${words(task)} ${words(does)}`,
    title: line`The housekeeping task ${code(task)} ${words(does)}`,
    blocks: [
      facts(
        ['Task', line`${code(task)}`],
        ...(failingSince === null ? [] : [['Failed since', momentFrom(failingSince, now)] as const]),
        [when, momentFrom(recoveredAt, now)],
        ['Run', line`${code(runId)}`],
      ),
      heading('What it means'),
      paragraph(line`${meaning} What it did is seen by:`),
      ...runsOf(task),
    ],
    because: BECAUSE_ADMINISTRATOR,
  };
}

/** How a fault ends, and what that means. */
const ENDS = {
  SUCCEEDED: {
    does: 'goes through again',
    when: 'Now well',
    meaning: line`What was left undone meanwhile is done by this run or the next ones. There is nothing to do.`,
  },
  HELD: {
    does: 'fails no more, and its answer is held',
    when: 'Held',
    meaning: line`The answer of the directory was read and is held, for it would take away more than it may: nothing of it is applied, and the last good copy stays in force until an administrator has looked. Another mail, of when such answers began to be held, says how they are looked at and accepted.`,
  },
} as const;

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

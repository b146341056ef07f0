import type { AnswerHeld, AnswerReleased, NamedSome } from './content.js';
import {
  code,
  facts,
  heading,
  line,
  link,
  list,
  momentFrom,
  name,
  operation,
  paragraph,
  words,
  type Block,
  type MailDocument,
} from './mail-document.js';
import { counted } from './moment-words.rules.js';
import { BECAUSE_ADMINISTRATOR, namedLines } from './notice-parts.js';
import type { MailSetting } from './rendered-mail.js';

/** The brake holds an answer of the directory (rule 12). */
export function answerHeld(held: AnswerHeld, { publicUrl, now }: MailSetting): MailDocument {
  const { runId, heldAt, reasons } = held;
  return {
    subject: line`Tokenwarden: an answer of the directory is held and waits for you`,
    title: line`An answer of the directory is held and waits for you`,
    blocks: [
      facts(['Held', momentFrom(heldAt, now)], ['Run', line`${code(runId)}`]),
      paragraph(line`The directory gave an answer that would take away so much that it may be a mistake:`),
      list(reasons.map((reason) => line`${reason}`)),
      ...lossesOf(held),
      heading('What it means'),
      paragraph(
        line`Nothing of that answer is applied. The last good copy stays in force: whoever left since keeps what they have, and new members and groups get nothing. Tokens go on resolving.`,
      ),
      heading('What to do'),
      paragraph(
        line`${words('If it is a mistake')}, mend the directory: the next synchronisation then goes on by itself. If it is right, accept it. Each synchronisation meanwhile is a newer held run, and only the newest can be accepted, so look at it first, at ${link(`${publicUrl}/graphql`)}:`,
      ),
      operation(
        '{',
        '  housekeepingRuns(',
        '    task: DIRECTORY_SYNC, state: [HELD], first: 1',
        '  ) {',
        '    nodes { id startedAt details }',
        '  }',
        '}',
      ),
      paragraph(line`Then accept that one by its id (this needs ${code('directory:accept')}):`),
      operation(
        'mutation {',
        '  acceptDirectoryChanges(input: {',
        `    runId: "${runId}"`,
        '    reason: "why this is right"',
        '  }) {',
        '    run { id state error details }',
        '  }',
        '}',
      ),
      paragraph(line`You are told once more when none is held any more.`),
    ],
    because: BECAUSE_ADMINISTRATOR,
  };
}

/** An answer was applied, and none is held any more. */
export function answerReleased(
  { runId, releasedAt, heldSince, acceptedBy }: AnswerReleased,
  { now }: MailSetting,
): MailDocument {
  const how =
    acceptedBy === null
      ? line`The directory has given an answer that takes away no more than it may. It was applied, and what had been held is forgotten.`
      : line`${name(acceptedBy)} accepted what was held, and it was applied.`;
  return {
    subject: line`Tokenwarden: no answer of the directory is held any more`,
    title: line`No answer of the directory is held any more`,
    blocks: [
      facts(
        ['Held since', momentFrom(heldSince, now)],
        ['Applied', momentFrom(releasedAt, now)],
        ['Run', line`${code(runId)}`],
      ),
      paragraph(how),
      heading('What it means'),
      paragraph(
        line`Users and groups are what the directory says again. There is nothing to do. What the run did is seen by:`,
      ),
      operation(
        '{',
        `  node(id: "${runId}") {`,
        '    ... on HousekeepingRun { state startedAt details }',
        '  }',
        '}',
      ),
    ],
    because: BECAUSE_ADMINISTRATOR,
  };
}

function lossesOf({ disabledUsers, removedUsers, removedGroups, emptiedGroups }: AnswerHeld): Block[] {
  const kinds: readonly (readonly [NamedSome, string, string])[] = [
    [disabledUsers, 'user', 'would be disabled'],
    [removedUsers, 'user', 'would be removed'],
    [removedGroups, 'group', 'would be removed'],
    [emptiedGroups, 'group', 'would lose all members, or most of them'],
  ];
  return kinds
    .filter(([some]) => some.count > 0)
    .flatMap(([some, thing, what]) => [
      paragraph(line`${words(counted(some.count, thing))} ${words(what)}:`),
      list(namedLines(some)),
    ]);
}

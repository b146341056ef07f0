import type { ListedToken } from './content.js';
import {
  code,
  heading,
  line,
  link,
  momentFrom,
  name,
  operation,
  paragraph,
  words,
  type Block,
  type Fact,
  type Line,
} from './mail-document.js';
import { counted } from './moment-words.rules.js';
import type { MailSetting } from './rendered-mail.js';

/** What a digest says of each token that it lists, beside what it is about. */
export function tokenFacts(token: ListedToken, { publicUrl, now }: MailSetting): Fact[] {
  const isSuspended = isPaused(token);
  return [
    ...(isSuspended ? [['State', line`suspended: resume it first (${code('resumeToken')})`] as const] : []),
    ['Kind', kindOf(token)],
    ['Last use', token.lastUsedAt === null ? line`never used` : momentFrom(token.lastUsedAt, now)],
    ['Id', line`${code(token.id)}`],
    [
      'Rotate it',
      line`${isSuspended ? line`once it is resumed: ` : line``}${code('rotateToken')} at ${link(publicUrl)}`,
    ],
  ];
}

/** Whether the token can be neither used nor rotated until somebody resumes it. */
export const isPaused = ({ isSuspended = false }: ListedToken): boolean => isSuspended;

/** How a suspended token is made usable again, where one is listed. */
export function howToResume(tokens: readonly ListedToken[]): Block[] {
  const first = tokens.find(isPaused);
  if (first === undefined) return [];
  return [
    heading('Suspended? Resume it first'),
    paragraph(
      line`A suspended token lets nobody in, and it can be neither used nor rotated until it is resumed. If you do not know why it is suspended, ask before you resume it. What an administrator suspended is resumed by an administrator. Sign in and send, with its id:`,
    ),
    operation(
      'mutation {',
      '  resumeToken(input: {',
      `    id: "${first.id}"`,
      '  }) {',
      '    token { id status }',
      '  }',
      '}',
    ),
  ];
}

/** How tokens are rotated, with the first of those listed that can be as the example. */
export function howToRotate(tokens: readonly ListedToken[], { publicUrl }: MailSetting): Block[] {
  const first = tokens.find((token) => !isPaused(token)) ?? tokens[0];
  if (first === undefined) return [];
  const others =
    tokens.length > 1 ? line` The others are rotated by the same words with their own ids.` : line``;
  return [
    heading('How to rotate a token'),
    paragraph(
      line`Rotating gives you a new token with the same name and scopes, and a new end. The old one goes on working for a while, so that you can put the new one in its place without a break. Sign in at ${link(publicUrl)} and send this to ${link(`${publicUrl}/graphql`)}:`,
    ),
    operation(
      'mutation {',
      '  rotateToken(input: {',
      `    id: "${first.id}"`,
      '  }) {',
      '    accessToken',
      '    token { id endsAt }',
      '  }',
      '}',
    ),
    paragraph(
      line`${code('accessToken')} is the new token. It is shown in this one answer and never again: store it where the old one is used.${others}`,
    ),
  ];
}

/** That there are more tokens than the mail lists. */
export function andMore(more: number): Block[] {
  if (more === 0) return [];
  return [
    paragraph(
      line`And ${words(counted(more, 'more token'))}, too many for one mail: ${code('tokens')} lists all that are yours.`,
    ),
  ];
}

/** What stands in for members who could not be told, and what to do about it. */
export function whyAdministrator(isSo: boolean): Block[] {
  if (!isSo) return [];
  return [
    heading('Why you, as an administrator'),
    paragraph(
      line`No member of the groups of some of these service accounts could be told: none is active and has an e-mail address. Only members can rotate the tokens of an account. Link it to a group whose people look after it (${code('updateServiceAccount')}), or see to it that the members have an e-mail address in the directory.`,
    ),
  ];
}

/** Why somebody gets a digest. */
export function becauseOf(tokens: readonly ListedToken[], asAdministrator: boolean): Line {
  const accounts = tokens.some(({ account }) => account !== null);
  const own = tokens.some(({ account }) => account === null);
  const reasons = [
    ...(own ? ['are yours'] : []),
    ...(accounts
      ? [
          asAdministrator
            ? 'act as service accounts of your groups, or of groups in which nobody could be told'
            : 'act as service accounts of your groups',
        ]
      : []),
  ];
  return line`You get this mail because these tokens ${words(reasons.join(' or '))}. Tokenwarden never mails the value of a token, and never asks for one.`;
}

function kindOf({ kind, account }: ListedToken): Line {
  if (account !== null) return line`service-account token, acts as ${name(account)}`;
  return kind === 'USER' ? line`user token, acts as you` : line`service-account token`;
}

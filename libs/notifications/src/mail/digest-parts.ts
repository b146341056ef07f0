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
    isForAdministrator(token)
      ? ['Rotate it', line`a member of the account’s groups has to: you cannot`]
      : [
          'Rotate it',
          line`${isSuspended ? line`once it is resumed: ` : line``}${code('rotateToken')} at ${link(publicUrl)}`,
        ],
  ];
}

/** Whether the recipient is told in the place of members who could not be, and may not rotate it. */
export const isForAdministrator = ({ asAdministrator = false }: ListedToken): boolean => asAdministrator;

/** How somebody signs in who is to send what stands behind this. */
export function howToSignIn({ publicUrl }: MailSetting): Block[] {
  return [
    heading('How to sign in'),
    paragraph(
      line`What is shown below goes to ${link(`${publicUrl}/graphql`)} by somebody who is signed in: ${code(`POST ${publicUrl}/session`)} with your ${code('username')} and ${code('password')} as JSON, and the ${code('sessionToken')} of the answer goes as ${code('Authorization: Bearer')} with each request.`,
    ),
  ];
}

/** The token that an example is made with: one that is not suspended where there is one. */
export function exampleOf(tokens: readonly ListedToken[]): ListedToken | undefined {
  return tokens.find((token) => !isPaused(token)) ?? tokens[0];
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

/** How tokens are rotated, with the first of those listed that can be as the example; nothing where the recipient may rotate none. */
export function howToRotate(tokens: readonly ListedToken[]): Block[] {
  const own = tokens.filter((token) => !isForAdministrator(token));
  const first = exampleOf(own);
  if (first === undefined) return [];
  const others =
    own.length > 1 ? line` The others are rotated by the same words with their own ids.` : line``;
  return [
    heading('How to rotate a token'),
    paragraph(
      line`Rotating gives you a new token with the same name and scopes, and a new end. The old one goes on working for a while, so that you can put the new one in its place without a break. Sign in and send:`,
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

/** How a token that nobody needs is ended at once. */
export function howToRevoke(tokens: readonly ListedToken[]): Block[] {
  const first = exampleOf(tokens);
  if (first === undefined) return [];
  return [
    heading('Not needed? End it now'),
    paragraph(line`A token that nobody needs is best ended at once. Sign in and send, with its id:`),
    operation(
      'mutation {',
      '  revokeToken(input: {',
      `    id: "${first.id}"`,
      '  }) {',
      '    token { id status }',
      '  }',
      '}',
    ),
  ];
}

/** Why somebody is told in the place of members who could not be, and what they can do about it. */
export function whyAdministrator(tokens: readonly ListedToken[]): Block[] {
  if (!tokens.some(isForAdministrator)) return [];
  return [
    heading('Why you, as an administrator'),
    paragraph(
      line`No member of the groups of ${words(tokens.every(isForAdministrator) ? 'these' : 'some of these')} service accounts could be told: none is active and has an e-mail address. Only members of its groups can rotate the tokens of an account; an administrator cannot. See to it that a member is active and has an e-mail address in the directory, or link the account to a group whose people look after it (${code('updateServiceAccount')}). What nobody needs you can revoke (${code('revokeToken')}).`,
    ),
  ];
}

/** Why somebody gets a digest. */
export function becauseOf(tokens: readonly ListedToken[]): Line {
  const ofGroups = tokens.some((token) => token.account !== null && !isForAdministrator(token));
  const reasons = [
    ...(tokens.some(({ account }) => account === null) ? ['are yours'] : []),
    ...(ofGroups ? ['act as service accounts of your groups'] : []),
    ...(tokens.some(isForAdministrator)
      ? ['act as service accounts in whose groups nobody could be told, and you administer Tokenwarden']
      : []),
  ];
  return line`You get this mail because these tokens ${words(reasons.join(' or '))}. Tokenwarden never mails the value of a token, and never asks for one.`;
}

function kindOf({ kind, account }: ListedToken): Line {
  if (account !== null) return line`service-account token, acts as ${name(account)}`;
  return kind === 'USER' ? line`user token, acts as you` : line`service-account token`;
}

import type { IdleDigest, ListedToken } from './content.js';
import { andMore, becauseOf, tokenFacts, whyAdministrator } from './digest-parts.js';
import {
  heading,
  line,
  moment,
  name,
  operation,
  paragraph,
  strong,
  words,
  type Block,
  type Line,
  type MailDocument,
} from './mail-document.js';
import { counted, distanceInWords, durationInWords, rfc3339 } from './moment-words.rules.js';
import type { MailSetting } from './rendered-mail.js';

/** The mail about tokens that nobody has used for long, and that will be revoked if it stays so. */
export function idleDigest(content: IdleDigest, setting: MailSetting): MailDocument {
  const { tokens, more, after, asAdministrator } = content;
  const count = tokens.length + more;
  return {
    subject: subjectOf(content, setting.now),
    title: line`${words(counted(count, 'access token'))} ${words(count === 1 ? 'has' : 'have')} not been used for ${words(durationInWords(after))}`,
    blocks: [
      paragraph(
        line`What nobody uses is revoked, for good, before somebody else finds it. ${strong('To keep a token, use it once')} before the moment named below: that is all. If it is not needed any more, there is nothing to do.`,
      ),
      ...tokens.map((token) => card(token, setting)),
      ...andMore(more),
      ...howToRevoke(tokens),
      ...whyAdministrator(asAdministrator),
    ],
    because: becauseOf(tokens, asAdministrator),
  };
}

function subjectOf({ tokens, more }: IdleDigest, now: Date): Line {
  const count = tokens.length + more;
  const moments = tokens.map(({ revokedFrom }) => new Date(revokedFrom).getTime());
  const first = new Date(Math.min(...moments));
  const when = first > now ? `${distanceInWords(first, now, 1)} (${rfc3339(first)})` : 'now';
  const what = words(counted(count, 'unused access token'));
  const [only] = tokens;
  if (count === 1 && only) return line`${what} will be revoked ${words(when)}: ${name(only.name)}`;
  return line`${what} will be revoked, the first ${words(when)}`;
}

function card(token: IdleDigest['tokens'][number], setting: MailSetting): Block {
  const { now } = setting;
  const from = new Date(token.revokedFrom);
  return {
    kind: 'card',
    title: line`${name(token.name)}`,
    lead:
      from > now
        ? line`Revoked ${words(distanceInWords(from, now))}, unless used before`
        : line`Revoked by the next run, unless used before`,
    facts: [
      ['Revoked', moment(token.revokedFrom)],
      ...tokenFacts(token, setting),
      ['End', moment(token.endsAt)],
    ],
  };
}

function howToRevoke(tokens: readonly ListedToken[]): Block[] {
  const [first] = tokens;
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

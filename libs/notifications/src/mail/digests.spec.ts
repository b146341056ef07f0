import { describe, expect, it } from '@jest/globals';
import { expiring, id, idle, PUBLIC_URL, rendered, SENT } from '../../test/sample-mails.js';

const flat = (text: string) => text.replace(/\s+/g, ' ');

describe('the subject of a warning', () => {
  it('says of one token how many, when, and which', () =>
    expect(rendered(expiring([{}])).subject).toBe(
      '1 access token ends in 7 days (2026-12-04T23:00:00Z): "laptop"',
    ));
  it('says of several how many and the nearest end', () =>
    expect(rendered(expiring([{ endsAt: '2026-11-28T08:00:00Z' }, { id: id(2) }])).subject).toBe(
      '2 access tokens end soon, the nearest ends in 9 hours (2026-11-28T08:00:00Z)',
    ));
  it('counts those that are not listed, as the title does', () => {
    const { subject, text, html } = rendered(expiring([{}], { more: 1_200 }));
    expect(subject).toMatch(/^1,201 access tokens end soon, /);
    expect(text).toContain('\n1,201 access tokens end soon\n');
    expect(html).toContain('<h1>1,201 access tokens end soon</h1>');
    expect(rendered(idle([{}], { more: 2 })).text).toContain(
      '\n3 access tokens have not been used for 90 days\n',
    );
  });
  it('names the nearest end that is still to come, where the mail was sent late', () => {
    const late = new Date('2026-12-01T00:00:00Z');
    const digest = expiring([{ endsAt: '2026-11-28T08:00:00Z' }, { id: id(2) }]);
    expect(rendered(digest, 'Grace', late).subject).toBe(
      '2 access tokens end soon, the nearest ends in 3 days (2026-12-04T23:00:00Z)',
    );
  });
  it('does not say that a token ends that has ended meanwhile', () => {
    const { subject, text } = rendered(expiring([{}]), 'Grace', new Date('2026-12-05T01:00:00Z'));
    expect(subject).toBe('1 access token ended 2 hours ago (2026-12-04T23:00:00Z): "laptop"');
    expect(text).toContain('  Ended 2 hours ago\n');
  });
  it('says of idle tokens when the first is revoked', () =>
    expect(rendered(idle([{}, { id: id(2) }])).subject).toBe(
      '2 unused access tokens will be revoked, the first in 90 days (2027-02-25T23:00:00Z)',
    ));
});

describe('the text of a warning', () => {
  const account = { id: id(2), name: 'nightly export', kind: 'SERVICE_ACCOUNT', account: 'etl' } as const;
  const { text } = rendered(expiring([{}, { ...account, lastUsedAt: null }]));

  it('greets the recipient', () => expect(text).toMatch(/^Hello Grace Hopper,\n/));
  it('says of each token all that there is to know', () =>
    expect(text).toContain(`* laptop
  Ends in 7 days
  End        Friday, 4 December 2026, 23:00 UTC (2026-12-04T23:00:00Z)
  Kind       user token, acts as you
  Last use   2 hours and 45 minutes ago: Friday, 27 November 2026, 20:15
             UTC (2026-11-27T20:15:00Z)
  Id         ${id(1)}
  Rotate it  rotateToken at ${PUBLIC_URL}
  Warning    7 days before its end (P7D)
`));
  it('says whose token acts as a service account, and that one was never used', () =>
    expect(text).toContain(`* nightly export
  Ends in 7 days
  End        Friday, 4 December 2026, 23:00 UTC (2026-12-04T23:00:00Z)
  Kind       service-account token, acts as "etl"
  Last use   never used
`));
  it('shows how to rotate the first, and says that the others go likewise', () => {
    expect(text).toContain(`  mutation {
    rotateToken(input: {
      id: "${id(1)}"
    }) {
      accessToken
      token { id endsAt }
    }
  }
`);
    expect(flat(text)).toContain('The others are rotated by the same words with their own ids.');
    expect(flat(rendered(expiring([{}])).text)).not.toContain('The others');
  });
  it('says why it came', () =>
    expect(flat(text)).toContain(
      'because these tokens are yours or act as service accounts of your groups.',
    ));
  it('says how many more there are than it lists', () => {
    expect(flat(rendered(expiring([{}], { more: 3 })).text)).toContain('And 3 more tokens, too many');
    expect(text).not.toContain('too many for one mail');
  });
  it('tells an administrator why it comes to them, and what to do', () => {
    const forMembers = { ...account, asAdministrator: true };
    const told = flat(rendered(expiring([forMembers])).text);
    expect(told).toContain('Why you, as an administrator');
    expect(told).toContain('Only members of its groups can rotate the tokens of an account');
    expect(told).toContain('See to it that a member is active and has an e-mail address in the directory');
    expect(told).toContain('link the account to a group whose people look after it (updateServiceAccount)');
    expect(told).toContain(`revokeToken(input: { id: "${id(2)}"`);
    expect(told).toContain('and you administer Tokenwarden.');
    expect(text).not.toContain('administrator');
    expect(flat(rendered(idle([forMembers])).text)).toContain('see to it that whoever has it uses it once');
  });
  it('shows nobody how to rotate what they may not', () => {
    const forMembers = { ...account, asAdministrator: true };
    expect(rendered(expiring([forMembers])).text).not.toContain('rotateToken');
    const both = rendered(expiring([forMembers, {}])).text;
    expect(both).toContain(`rotateToken(input: {\n      id: "${id(1)}"`);
    expect(flat(both)).toContain('Rotate it a member of the account’s groups has to: you cannot');
    expect(both).not.toContain('The others');
    expect(flat(both)).toContain('groups of some of these service accounts');
  });
  it('says how to sign in', () => {
    const how = `POST ${PUBLIC_URL}/session with your username and password as JSON, and the sessionToken of the answer goes as Authorization: Bearer`;
    for (const content of [expiring([{}]), idle([{}])]) expect(flat(rendered(content).text)).toContain(how);
  });
});

describe('the text about idle tokens', () => {
  it('says how a token is kept, and when it is revoked', () => {
    const { text } = rendered(idle([{ lastUsedAt: '2026-08-20T10:00:00Z' }]));
    expect(flat(text)).toContain('To keep a token, use it once before the moment named below');
    expect(text).toContain(`* laptop
  Revoked in 90 days, unless used before
  Revoked    Thursday, 25 February 2027, 23:00 UTC
             (2027-02-25T23:00:00Z)
`);
    expect(text).toContain(`revokeToken(input: {\n      id: "${id(1)}"`);
  });
  it('leaves half of that time to whoever is told late', () => {
    const { subject, text } = rendered(idle([{}]), 'Grace', new Date('2027-03-01T00:00:00Z'));
    expect(subject).toBe('1 unused access token will be revoked in 45 days (2027-04-15T00:00:00Z): "laptop"');
    expect(text).toContain('  Revoked in 45 days, unless used before\n');
  });
});

describe('a suspended token', () => {
  const paused = { id: id(2), name: 'paused', isSuspended: true } as const;
  const resuming = `resumeToken(input: {\n      id: "${id(2)}"`;

  it('that ends is to be resumed before it is rotated', () => {
    const { text, html } = rendered(expiring([paused]));
    expect(flat(text)).toContain('Resume it, and rotate it in time if it is still needed.');
    expect(text).toContain(`* paused
  Ends in 7 days
  End        Friday, 4 December 2026, 23:00 UTC (2026-12-04T23:00:00Z)
  State      suspended: resume it first (resumeToken)
`);
    expect(flat(text)).toContain('Rotate it once it is resumed: rotateToken at');
    expect(text.indexOf(resuming)).toBeGreaterThan(0);
    expect(text.indexOf(resuming)).toBeLessThan(text.indexOf('rotateToken(input'));
    expect(html).toContain('suspended: resume it first');
  });
  it('that ends is no example of how the others are rotated', () => {
    const { text } = rendered(expiring([paused, {}]));
    expect(flat(text)).toContain('Those that are suspended are resumed first.');
    expect(text).toContain(`rotateToken(input: {\n      id: "${id(1)}"`);
    expect(text).toContain(resuming);
  });
  it('is no example of what else is done while another is listed', () =>
    expect(rendered(idle([paused, {}])).text).toContain(`revokeToken(input: {\n      id: "${id(1)}"`));
  it('that nobody uses cannot be kept by a use alone', () => {
    const { text } = rendered(idle([paused]));
    expect(flat(text)).toContain('To keep a token, resume it and then use it once before');
    expect(text).toContain('  Revoked in 90 days, unless resumed and used before\n');
    expect(text).toContain('  State      suspended: resume it first (resumeToken)\n');
    expect(text).toContain(resuming);
    const { text: both } = rendered(idle([paused, {}]));
    expect(flat(both)).toContain('that is all. A suspended one cannot be used: resume it first.');
  });
  it('is spoken of where there is one, and nowhere else', () => {
    for (const digest of [expiring([{}, { id: id(2), isSuspended: false }]), idle([{}])])
      expect(rendered(digest).text).not.toMatch(/suspend|resume/i);
  });
});

describe('both forms of a mail', () => {
  it('say the same', () => {
    const { text, html } = rendered(expiring([{}]));
    for (const fact of ['laptop', 'Ends in 7 days', '2026-12-04T23:00:00Z', id(1), 'rotateToken', 'P7D']) {
      expect(text).toContain(fact);
      expect(html).toContain(fact);
    }
    expect(html).toContain(`<a href="${PUBLIC_URL}">${PUBLIC_URL}</a>`);
  });
  it('are made of what is given alone', () =>
    expect(rendered(expiring([{}]), 'Grace', SENT)).toEqual(
      rendered(expiring([{}]), 'Grace', new Date(SENT)),
    ));
  it('of a thousand tokens, each with the longest name, stay below two megabytes', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => ({ id: id(i), name: 'n'.repeat(100) }));
    const { text, html } = rendered(expiring(many));
    expect(text.length + html.length).toBeLessThan(2_000_000);
  });
});

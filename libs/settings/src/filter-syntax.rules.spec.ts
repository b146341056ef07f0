import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FilterParser } from 'ldapts';
import { filterFault } from './filter-syntax.rules.js';

describe('a filter', () => {
  it.each([
    '(objectClass=inetOrgPerson)',
    '(cn=*)',
    '(mail=*@example.org)',
    '(cn=a*b*c)',
    '(&(objectCategory=person)(objectClass=user))',
    '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))',
    '(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
    '(memberOf:1.2.840.113556.1.4.1941:=cn=staff,dc=example,dc=org)',
    '(cn:dn:=Users)',
    '(:caseExactMatch:=x)',
    '(uidNumber>=1000)',
    '(uidNumber<=1000)',
    '(cn~=ada)',
    '(cn=Jürgen)',
    '(cn=a\\2ab\\28c\\29\\5C)',
    '(l=a=b)',
    `${'(!'.repeat(99)}(a=b)${')'.repeat(99)}`,
  ])('may be %j, and the client reads it', (text) => {
    expect(filterFault(text)).toBeUndefined();
    expect(() => FilterParser.parseString(text)).not.toThrow();
  });

  it.each([
    ['objectClass=person', 1, '"("'],
    ['', 1, '"("'],
    ['(objectClass=person', 20, '")"'],
    ['(objectClass=person))', 21, 'ended'],
    ['(objectClass=person) ', 21, 'ended'],
    ['(&(a=b)(c=d)', 13, '")"'],
    ['(& (a=b))', 3, '"("'],
    ['(&)', 3, '"("'],
    ['(!(a=b)(c=d))', 8, '")"'],
    ['(!a=b)', 3, '"("'],
    ['(=b)', 2, 'attribute'],
    ['(2.5.4.3=b)', 2, 'attribute'],
    ['(cn;lang-de=b)', 4, '"="'],
    ['(cn)', 4, '"="'],
    ['(cn=)', 5, 'a value'],
    ['(:=x)', 2, 'attribute'],
    ['(cn=a(b))', 6, '\\28'],
    ['(cn=a**)', 6, 'one "*"'],
    ['(cn=\\zz)', 5, 'hexadecimal'],
    ['(cn=\\4)', 5, 'hexadecimal'],
    ['(cn=J\\c3\\bcrgen)', 6, 'as themselves'],
    [`${'(!'.repeat(100)}(a=b)${')'.repeat(100)}`, 201, '100 filters deep'],
  ])('%j is refused at character %i', (text, at, right) => {
    expect(filterFault(text)).toMatch(new RegExp(`at character ${at} `));
    expect(filterFault(text)).toContain(right);
  });

  it('that is taken is always one that the client reads', () => {
    const value = fc.stringMatching(/^[a-zü =,.@*\\0-9]{1,12}$/);
    const item = fc
      .tuple(fc.constantFrom('cn', 'uid', 'x-y', 'cn:dn', ''), fc.constantFrom('=', '>=', ':=', '~='), value)
      .map(([attribute, comparison, text]) => `(${attribute}${comparison}${text})`);
    const { filter } = fc.letrec<{ filter: string }>((tie) => ({
      filter: fc.oneof(
        { depthSize: 'small' },
        item,
        fc
          .tuple(fc.constantFrom('&', '|', '!'), fc.array(tie('filter'), { minLength: 1, maxLength: 3 }))
          .map(([operator, parts]) => `(${operator}${parts.join('')})`),
      ),
    }));
    fc.assert(
      fc.property(filter, (text) => {
        if (filterFault(text) === undefined) FilterParser.parseString(text);
      }),
    );
  });
});

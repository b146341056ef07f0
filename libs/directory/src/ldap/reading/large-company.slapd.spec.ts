import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { companyLdif, companyUserId } from '../../../../../test/harness/index.js';
import { SlapdReading } from '../../../test/slapd-reading.js';
import type { LdapConnection } from '../connection/ldap-connection.js';

let company: SlapdReading;

describe('a company of 1,100 people', () => {
  beforeEach(
    async () => void (company = await SlapdReading.begin(companyLdif({ users: 1_100, groups: 20 }))),
  );
  afterEach(() => company.end());

  it('is read whole over three pages', async () => {
    const { users, groups, warnings } = await company.readWhole();
    expect(new Set(users.map((one) => one.id))).toEqual(
      new Set(Array.from({ length: 1_100 }, (_, n) => companyUserId(n))),
    );
    expect(groups).toHaveLength(21);
    expect(groups.find(({ name }) => name === 'everybody')?.memberIds).toHaveLength(1_100);
    expect(groups.find(({ name }) => name === 'group0000')?.memberIds).toHaveLength(55);
    expect(warnings).toEqual([]);
  });

  it('is no answer where whoever reads stops waiting', async () => {
    const controller = new AbortController();
    const stopping: LdapConnection = {
      pages: async function* (search, signal) {
        for await (const page of company.connection.pages(search, signal)) {
          yield page;
          controller.abort();
        }
      },
    };
    const answer = await company.read({}, stopping, controller.signal);
    expect(answer).toMatchObject({ whole: false, reasons: [expect.any(String)] });
  });

  it('is no answer where the server has a limit below that', async () => {
    await company.slapd.setSizeLimit(600);
    expect(await company.read()).toEqual({ whole: false, reasons: [expect.stringContaining('limits')] });
  });

  it('is no answer where LDAP_BIND_DN has lost its right to read', async () => {
    await company.slapd.setReaderRight('search');
    expect(await company.read()).toEqual({
      whole: false,
      reasons: [expect.stringMatching(/^No user was found below "ou=people.*no proof that all are gone/)],
    });
    await company.slapd.setReaderRight('none');
    expect(await company.read()).toMatchObject({ whole: false });
  });
});

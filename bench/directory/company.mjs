/** A company on a real OpenLDAP: how large it is, how it is reached, and how much of it is changed. */
import { readFile } from 'node:fs/promises';
import { Attribute, Change, Client } from 'ldapts';
import { freePort } from '../product/product.mjs';
import { writeLdif } from './company-ldif.mjs';
import { ADMIN, GROUPS, PEOPLE, startSlapd } from './slapd.mjs';

const PEOPLE_OF_TOKENS = 10; // 100,000 of a million
const PEOPLE_OF_GROUPS = 20; // 5,000 of those
const CHANGED = 100; // one in so many
const GOAL_MEGABYTES = 400;

/**
 * Fills and starts the directory.
 * @param {object} bench Where it is kept for the measuring, as `bench.company`
 * @param {string} folder That goes away again
 * @returns {Promise<Record<string, string>>} The settings that lead to it
 */
export async function startCompany(bench, folder) {
  const people = Math.max(100, Math.floor(bench.wish.tokens / PEOPLE_OF_TOKENS));
  const groups = Math.floor(people / PEOPLE_OF_GROUPS);
  bench.say(`a company of ${people.toLocaleString('en')} people in ${groups.toLocaleString('en')} groups`);
  const port = await freePort();
  const memberships = await startSlapd(bench, {
    folder,
    port,
    ldif: (path) => writeLdif(path, { people, groups }),
  });
  bench.company = new Company(`ldap://127.0.0.1:${port}`, { people, groups, memberships });
  return {
    LDAP_URL: bench.company.url,
    LDAP_BIND_DN: ADMIN.dn,
    LDAP_BIND_PASSWORD: ADMIN.password,
    LDAP_USER_BASE: PEOPLE,
    LDAP_GROUP_BASE: GROUPS,
    // By hand only: what is measured begins when it is told to.
    DIRECTORY_SYNC_SCHEDULE: '0 0 1 1 *',
  };
}

/** The company in the directory. */
class Company {
  #changes = 0;

  constructor(url, { people, groups, memberships }) {
    this.url = url;
    this.size = `${people.toLocaleString('en')} people, ${groups.toLocaleString('en')} groups, ${memberships.toLocaleString('en')} memberships`;
    this.people = people;
  }

  /** Gives one person in a hundred another display name, each time another one. */
  async change() {
    this.#changes += 1;
    const client = new Client({ url: this.url, timeout: 10_000 });
    await client.bind(ADMIN.dn, ADMIN.password);
    for (let n = 0; n < this.people; n += CHANGED) {
      const modification = new Attribute({ type: 'displayName', values: [`Person ${n}, ${this.#changes}`] });
      const dn = `uid=person-${n},${PEOPLE}`;
      await client.modify(dn, new Change({ operation: 'replace', modification }));
    }
    await client.unbind();
    return Math.ceil(this.people / CHANGED);
  }

  /** The most memory that the product ever had, as a row of the report. */
  async memory({ pid }) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const value = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
    const what = 'memory of the process at its highest (RSS)';
    return { what, value, unit: 'MB', goal: `≤ ${GOAL_MEGABYTES} MB`, holds: value <= GOAL_MEGABYTES };
  }
}

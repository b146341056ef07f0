import { randomBytes } from 'node:crypto';
import { Attribute, Change, Control, type Client } from 'ldapts';
import {
  emptyDatabase,
  ldapEnvironment,
  startProduct,
  startSlapd,
  type Credentials,
  type RunningProduct,
  type RunningSlapd,
  type SlapdOptions,
} from '../harness/index.js';
import { isActive, type Issued } from './token-calls.js';

// Lets an administrator write what the server writes itself, as who restores a backup does.
const RELAXED = new Control('1.3.6.1.4.1.4203.666.5.12', { critical: true });

/** A slapd and instances of the product on it, all on one database. */
export interface OnSlapd {
  readonly slapd: RunningSlapd;
  /** As the product is given it. */
  readonly env: Readonly<Record<string, string>>;
  /** Connection string of their database. */
  readonly databaseUrl: string;
  /** Bound as the administrator of the directory. */
  readonly directory: DirectoryHand;
  /** One instance more. */
  start(more?: Readonly<Record<string, string>>): Promise<RunningProduct>;
  /** Stops all of it. */
  stop(): Promise<void>;
}

/**
 * A slapd with the demo people, and what instances of one product on it are given; none is started yet. No schedule
 * comes in between: a test says when it is synchronised.
 * @param options Of the slapd, beside its people
 * @param more Settings beside those of the directory and the database
 * @returns The directory, and how to start instances
 */
export async function onSlapd(
  options: SlapdOptions = {},
  more: Readonly<Record<string, string>> = {},
): Promise<OnSlapd> {
  const [slapd, database] = await Promise.all([startSlapd({ people: 'demo', ...options }), emptyDatabase()]);
  const env = {
    ...ldapEnvironment(slapd),
    DATABASE_URL: database.url,
    MASTER_KEY: randomBytes(32).toString('base64'),
    PUBLIC_URL: 'http://127.0.0.1:4000', // one issuer for all
    DIRECTORY_SYNC_SCHEDULE: '0 0 29 2 *',
    ...more,
  };
  const directory = new DirectoryHand(slapd, await slapd.admin());
  const products: RunningProduct[] = [];
  return {
    slapd,
    env,
    databaseUrl: database.url,
    directory,
    start: async (beside = {}) => {
      const product = await startProduct({ env: { ...env, ...beside } });
      products.push(product);
      return product;
    },
    stop: async () => {
      await Promise.all(products.map((product) => product.kill()));
      await directory.close();
      await Promise.all([slapd.stop(), database.close()]);
    },
  };
}

/** What an administrator of the directory does to people and groups, by name. */
export class DirectoryHand {
  constructor(
    private readonly slapd: RunningSlapd,
    private client: Client,
  ) {}

  /** Connects anew, after the server was killed. */
  async again(): Promise<void> {
    await this.close();
    this.client = await this.slapd.admin();
  }

  async close(): Promise<void> {
    await this.client.unbind().catch(() => undefined); // the server may be gone
  }

  /** Adds people whose password is the name and `-demo`. */
  async addUsers(...names: readonly string[]): Promise<void> {
    for (const uid of names) {
      await this.client.add(this.user(uid), {
        objectClass: 'inetOrgPerson',
        uid,
        cn: uid.toUpperCase(),
        sn: uid,
        mail: `${uid}@demo.example`,
        userPassword: `${uid}-demo`,
      });
    }
  }

  async removeUsers(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.client.del(this.user(name));
  }

  async renameUser(name: string, newName: string): Promise<void> {
    await this.client.modifyDN(this.user(name), `uid=${newName}`);
    await this.change(this.user(newName), 'replace', 'userPassword', `${newName}-demo`);
  }

  /** Puts somebody into a department of their own below the base; their name stays. */
  async moveUser(name: string, department: string): Promise<void> {
    const unit = `ou=${department},${this.slapd.userBase}`;
    await this.client.add(unit, { objectClass: 'organizationalUnit', ou: department });
    await this.client.modifyDN(this.user(name), `uid=${name},${unit}`);
  }

  async disableUsers(...names: readonly string[]): Promise<void> {
    for (const name of names)
      await this.change(this.user(name), 'replace', 'pwdAccountLockedTime', '000001010000Z');
  }

  async enableUsers(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.change(this.user(name), 'replace', 'pwdAccountLockedTime');
  }

  async addGroup(name: string, ...members: readonly string[]): Promise<void> {
    const member = members.map((one) => this.user(one));
    await this.client.add(this.group(name), { objectClass: 'groupOfNames', cn: name, member });
  }

  /** Adds a group under an id that it had before, as a restored backup does. */
  async restoreGroup(name: string, entryUUID: string, ...members: readonly string[]): Promise<void> {
    const member = members.map((one) => this.user(one));
    const entry = { objectClass: 'groupOfNames', cn: name, member, entryUUID };
    await this.client.add(this.group(name), entry, RELAXED);
  }

  async removeGroup(name: string): Promise<void> {
    await this.client.del(this.group(name));
  }

  async renameGroup(name: string, newName: string): Promise<void> {
    await this.client.modifyDN(this.group(name), `cn=${newName}`);
  }

  async setMembers(name: string, ...members: readonly string[]): Promise<void> {
    await this.change(this.group(name), 'replace', 'member', ...members.map((one) => this.user(one)));
  }

  async join(name: string, ...members: readonly string[]): Promise<void> {
    await this.change(this.group(name), 'add', 'member', ...members.map((one) => this.user(one)));
  }

  /** Makes a group a member of another one. */
  async nest(inner: string, outer: string): Promise<void> {
    await this.change(this.group(outer), 'add', 'member', this.group(inner));
  }

  /** What LDAP_BIND_PASSWORD would have to be from now on. */
  async setReaderPassword(password: string): Promise<void> {
    await this.change(this.slapd.readerDn, 'replace', 'userPassword', password);
  }

  private user(name: string): string {
    return `uid=${name},${this.slapd.userBase}`;
  }

  private group(name: string): string {
    return `cn=${name},${this.slapd.groupBase}`;
  }

  private async change(
    dn: string,
    operation: 'add' | 'replace',
    type: string,
    ...values: readonly string[]
  ): Promise<void> {
    const modification = new Attribute({ type, values: [...values] });
    await this.client.modify(dn, new Change({ operation, modification }));
  }
}

/**
 * Asks of every token whether it still resolves.
 * @param url The product's
 * @param caller Who introspects
 * @param tokens What was issued, by whatever name
 * @returns The names of those that do not; none is what every fault of the directory must leave
 */
export async function stoppedAmong(
  url: string,
  caller: Credentials,
  tokens: Readonly<Record<string, Issued>>,
): Promise<string[]> {
  const asked = await Promise.all(
    Object.entries(tokens).map(async ([name, { value }]) => ({
      name,
      active: await isActive(url, caller, value),
    })),
  );
  return asked.filter(({ active }) => !active).map(({ name }) => name);
}

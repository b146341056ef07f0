import { Attribute, Change, Control, type Client } from 'ldapts';

/** The bits of `userAccountControl` that tests set. */
export const ACCOUNT = { enabled: 512, disabled: 514, neverExpires: 512 + 65_536 } as const;

const SHOW_DELETED = '1.2.840.113556.1.4.417';
const TREE_DELETE = '1.2.840.113556.1.4.805';

/** Makes an entry of a person, enabled and with a password. `more` stands beside or instead of what is usual. */
export async function addPerson(
  admin: Client,
  dn: string,
  username: string,
  more: Record<string, string> = {},
): Promise<void> {
  const attributes = {
    objectClass: 'user',
    sAMAccountName: username,
    userAccountControl: String(ACCOUNT.enabled),
    ...more,
  };
  await admin.add(dn, [
    ...Object.entries(attributes).map(([type, value]) => new Attribute({ type, values: [value] })),
    new Attribute({ type: 'unicodePwd', values: [unicodePassword(passwordOf(username))] }),
  ]);
}

/** Whose password it is that `addPerson` gave. */
export function passwordOf(username: string): string {
  return `Passw0rd-${username}`;
}

/** Makes a group. */
export async function addGroup(admin: Client, dn: string, members: readonly string[] = []): Promise<void> {
  await admin.add(dn, { objectClass: 'group', ...(members.length > 0 && { member: [...members] }) });
}

/** Puts other values in the place of an attribute's. */
export async function replace(
  admin: Client,
  dn: string,
  type: string,
  ...values: readonly string[]
): Promise<void> {
  const modification = new Attribute({ type, values: [...values] });
  await admin.modify(dn, new Change({ operation: 'replace', modification }));
}

/** Deletes an entry and all that is below it. */
export async function deleteTree(admin: Client, dn: string): Promise<void> {
  await admin.del(dn, new Control(TREE_DELETE, { critical: true }));
}

/** The id of the entry that was deleted under this name, as the server itself writes it. */
export async function idOfDeleted(admin: Client, suffix: string, commonName: string): Promise<string> {
  const { searchEntries } = await admin.search(
    `CN=Deleted Objects,${suffix}`,
    { filter: `(cn=${commonName}*)`, attributes: ['cn'] },
    new Control(SHOW_DELETED, { critical: true }),
  );
  const [, id = 'nobody was deleted'] = /\\0ADEL:([0-9a-f-]+)/i.exec(searchEntries[0]?.dn ?? '') ?? [];
  return id;
}

// MS-ADTS 3.1.1.3.1.5: in quotes, UTF-16, least byte first.
function unicodePassword(password: string): Buffer {
  return Buffer.from(`"${password}"`, 'utf16le');
}

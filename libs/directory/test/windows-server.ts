import { createServer, type AddressInfo, type Socket } from 'node:net';
import { BerReader, BindRequest, FilterParser, PagedResultsControl, SearchRequest } from 'ldapts';
import { MessageFrames } from '../src/ldap/connection/frames.js';
import { bound, done, found, TAG } from './scripted-server.js';

/** What it does wrong; nothing at first, and it can be changed while it runs. */
export interface WindowsFaults {
  /** It hangs up in the middle of the second page. */
  cutsSecondPage: boolean;
  /** The second page is said to be the last by leaving out where the next one begins, though there are more. */
  forgetsPlace: boolean;
  /** Every search is answered by the name of another server (result 10). */
  refers: boolean;
}

/** A server that answers as Windows does where Samba does not: a fault for tests, and no directory. */
export interface WindowsServer {
  readonly url: string;
  readonly faults: WindowsFaults;
  /** Who has tried to bind, in order. */
  readonly binds: readonly { readonly dn: string; readonly password: string }[];
  /** How many entries each page had. */
  readonly pages: readonly number[];
  /** Which attributes were asked for by range. */
  readonly ranges: readonly string[];
  close(): Promise<void>;
}

/** How many people it has, `user0000`, …; the password of each is the name. All are in the group `everybody`. */
export interface WindowsPeople {
  readonly users: number;
  /** How many of them are disabled: the last. */
  readonly disabled?: number;
}

/** Its names. */
export const WINDOWS = {
  readerDn: 'CN=Reader,DC=win,DC=test',
  readerPassword: 'reader',
  userBase: 'OU=People,DC=win,DC=test',
  groupBase: 'OU=Groups,DC=win,DC=test',
} as const;

const MOST_IN_A_PAGE = 1_000; // MaxPageSize
const MOST_VALUES = 1_500; // MaxValRange
const LOGON_FAILURE = '80090308: LdapErr: DSID-0C090449, comment: AcceptSecurityContext error, data ';
const UNKNOWN = '525';
const WRONG = '52e';
const DISABLED = '533';
const CODE = {
  success: 0,
  operationsError: 1,
  sizeLimitExceeded: 4,
  referral: 10,
  invalidCredentials: 49,
} as const;

interface Entry {
  readonly dn: string;
  readonly password?: string;
  readonly isDisabled?: boolean;
  /** Names in lower case. */
  readonly attributes: Readonly<Record<string, readonly (string | Buffer)[]>>;
}

/** Starts it on a free port of loopback. */
export async function startWindows(people: WindowsPeople): Promise<WindowsServer> {
  const server = new Windows(people);
  await server.listen();
  return server;
}

class Windows implements WindowsServer {
  readonly faults: WindowsFaults = { cutsSecondPage: false, forgetsPlace: false, refers: false };
  readonly binds: { dn: string; password: string }[] = [];
  readonly pages: number[] = [];
  readonly ranges: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => this.serve(socket));
  private readonly entries: readonly Entry[];

  constructor(people: WindowsPeople) {
    this.entries = entriesOf(people);
  }

  get url(): string {
    return `ldap://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => {});
    const frames = new MessageFrames();
    let isBound = false;
    socket.on('data', (piece) => {
      for (const message of frames.push(piece)) {
        const reader = new BerReader(message);
        reader.readSequence();
        const messageId = reader.readInt() ?? 0;
        const operation = reader.readSequence();
        if (operation === TAG.bind) {
          const request = new BindRequest({ messageId, dn: '', password: '' });
          request.parse(reader, []);
          const outcome = this.bind(request);
          isBound = outcome === 'accepted';
          socket.write(saidTo(messageId, outcome));
        } else if (operation === TAG.search) {
          this.search(socket, parsed(messageId, reader), isBound);
        }
      }
    });
  }

  private bind({ dn, password }: BindRequest): 'accepted' | 'anonymous' | { readonly data: string } {
    this.binds.push({ dn, password });
    if (password === '') return 'anonymous'; // whoever's name it is (RFC 4513, 5.1.2)
    const entry = this.entries.find((one) => one.dn.toLowerCase() === dn.toLowerCase());
    if (!entry) return { data: UNKNOWN };
    if (entry.password !== password) return { data: WRONG };
    return entry.isDisabled ? { data: DISABLED } : 'accepted';
  }

  private search(socket: Socket, request: SearchRequest, isBound: boolean): void {
    const { messageId, attributes } = request;
    const control = request.controls?.find((one) => one instanceof PagedResultsControl);
    const end = (code: number, cookie?: string) => socket.write(done(messageId, code, cookie));
    if (!isBound) return void end(CODE.operationsError);
    if (this.faults.refers) return void end(CODE.referral);
    const all = this.entries.filter((entry) => isMeant(entry, request));
    const first = Number(control?.value?.cookie?.toString() || 0);
    const page = all.slice(first, first + Math.min(control?.value?.size ?? MOST_IN_A_PAGE, MOST_IN_A_PAGE));
    this.pages.push(page.length);
    this.ranges.push(...attributes.filter((name) => /;range=/i.test(name)));
    if (first > 0 && this.faults.cutsSecondPage)
      return void socket.end(this.said(messageId, page[0], attributes));
    try {
      for (const entry of page) socket.write(this.said(messageId, entry, attributes));
    } catch {
      return void end(CODE.operationsError); // a range that begins past the end
    }
    const next = first + page.length;
    const isThrough = next >= all.length;
    if (!control) end(isThrough ? CODE.success : CODE.sizeLimitExceeded);
    else if (first > 0 && this.faults.forgetsPlace) end(CODE.success);
    else end(CODE.success, isThrough ? '' : String(next));
  }

  private said(messageId: number, entry: Entry | undefined, attributes: readonly string[]): Buffer {
    if (!entry) return Buffer.alloc(0);
    const given = attributes.flatMap((asked) => valuesOf(entry, asked));
    return found(messageId, entry.dn, Object.fromEntries(given));
  }
}

/** Many values come in ranges, whether that was asked for or not: the plain attribute is there as well, and empty. */
function valuesOf(entry: Entry, asked: string): [string, readonly (string | Buffer)[]][] {
  const [name = '', option = ''] = asked.split(';');
  const values = entry.attributes[name.toLowerCase()];
  if (!values) return [];
  const [, low = '0', high = ''] = /^range=(\d+)-(\d+|\*)$/i.exec(option) ?? [];
  if (option === '' && values.length <= MOST_VALUES) return [[name, values]];
  if (Number(low) >= values.length) throw new Error('The range begins past the end.');
  const last = Math.min(/^\d+$/.test(high) ? Number(high) : Infinity, Number(low) + MOST_VALUES - 1);
  const range = values.slice(Number(low), last + 1);
  if (option !== '' && low === '0' && range.length === values.length) return [[name, values]];
  const isThrough = Number(low) + range.length === values.length;
  return [
    [name, []],
    [`${name};range=${low}-${isThrough ? '*' : last}`, range],
  ];
}

function isMeant({ dn, attributes }: Entry, { baseDN, scope, filter }: SearchRequest): boolean {
  const [at, base] = [dn.toLowerCase(), baseDN.toLowerCase()];
  if (scope === 'base') return at === base; // whatever the filter: it names the entry
  // Single values are enough for every filter that is asked here.
  const single = Object.entries(attributes).map(([name, [value = '']]) => [name, String(value)] as const);
  return at.endsWith(`,${base}`) && filter.matches(Object.fromEntries(single), false);
}

function parsed(messageId: number, reader: BerReader): SearchRequest {
  const request = new SearchRequest({ messageId, filter: FilterParser.parseString('(objectClass=*)') });
  request.parse(reader, []);
  return request;
}

function saidTo(messageId: number, outcome: ReturnType<Windows['bind']>): Buffer {
  if (typeof outcome === 'string') return bound(messageId, CODE.success);
  return bound(messageId, CODE.invalidCredentials, `${LOGON_FAILURE}${outcome.data}, v3839\0`);
}

function entriesOf({ users, disabled = 0 }: WindowsPeople): Entry[] {
  const people = Array.from({ length: users }, (_, n): Entry => {
    const name = `user${String(n).padStart(4, '0')}`;
    const isDisabled = n >= users - disabled;
    return {
      dn: `CN=${name},${WINDOWS.userBase}`,
      password: name,
      isDisabled,
      attributes: {
        objectclass: ['user'],
        objectcategory: ['person'],
        samaccountname: [name],
        objectguid: [guid(1, n)],
        useraccountcontrol: [isDisabled ? '514' : '512'],
      },
    };
  });
  const everybody: Entry = {
    dn: `CN=everybody,${WINDOWS.groupBase}`,
    attributes: {
      objectclass: ['group'],
      cn: ['everybody'],
      objectguid: [guid(2, 0)],
      member: people.map(({ dn }) => dn),
    },
  };
  const reader: Entry = { dn: WINDOWS.readerDn, password: WINDOWS.readerPassword, attributes: {} };
  return [...people, everybody, reader];
}

function guid(kind: number, n: number): Buffer {
  const bytes = Buffer.alloc(16, kind);
  bytes.writeUInt32BE(n, 12);
  return bytes;
}

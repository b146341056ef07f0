import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql';
import type { Fault } from './faulty-values.js';

/** Somewhere in an operation where arguments are taken. */
export interface Place {
  /** As `Mutation.revokeToken` or `Group.members`. */
  readonly title: string;
  readonly operation: 'query' | 'mutation';
  /** The field, and what is around it: `groups { nodes { … } }`. */
  readonly around: readonly [before: string, after: string];
  readonly name: string;
  readonly takes: readonly GraphQLArgument[];
  readonly selection: string;
  /** Arguments with which nothing is wrong. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** A request as it is sent. */
export interface Sent {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

type Members = Record<string, unknown>;

/**
 * The arguments of a place with one thing wrong.
 * @param place Where
 * @param fault What
 * @returns Arguments, right but for the fault
 */
export function withFault(place: Place, fault: Fault): Members {
  const { args, takes } = place;
  const { path, value } = fault;
  const copy = structuredClone(args) as Members;
  const [first = ''] = path;
  const type = takes.find(({ name }) => name === first)?.type;
  put(copy, path, value, type);
  return copy;
}

function put(
  into: Members | unknown[],
  path: readonly string[],
  value: unknown,
  type?: GraphQLInputType,
): void {
  const [key = '', ...rest] = path;
  const members = into as Members;
  if (rest.length === 0) {
    if (value === undefined) delete members[key];
    else members[key] = value;
    return;
  }
  members[key] ??= exampleOf(type);
  put(members[key] as Members, rest, value, innerType(type, rest[0] ?? ''));
}

function innerType(type: GraphQLInputType | undefined, key: string): GraphQLInputType | undefined {
  const nullable = isNonNullType(type) ? type.ofType : type;
  if (isListType(nullable)) return nullable.ofType;
  return isInputObjectType(nullable) ? nullable.getFields()[key]?.type : undefined;
}

/** Something that this type takes, with no more in it than must be. */
function exampleOf(type: GraphQLInputType | undefined): unknown {
  const nullable = isNonNullType(type) ? type.ofType : type;
  if (isListType(nullable)) return ['dataset/sales/first:read'];
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name;
  if (!isInputObjectType(nullable)) return 'example';
  const required = Object.values(nullable.getFields()).filter(isRequiredInputField);
  return Object.fromEntries(required.map((field) => [field.name, exampleOf(field.type)]));
}

/**
 * A call whose arguments travel as variables.
 * @param place Where
 * @param args What
 * @returns The request
 */
export function byVariables(place: Place, args: Members): Sent {
  // What is missing is still asked for: the variable is there, and nobody gives it a value.
  const used = place.takes.filter(({ name, type }) => name in args || isNonNullType(type));
  const declared = used.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const given = used.map(({ name }) => `${name}: $${name}`).join(', ');
  return { query: documentOf(place, declared && `(${declared})`, given), variables: args };
}

/**
 * The same call with its arguments written into the document.
 * @param place Where
 * @param args What
 * @returns The request
 */
export function byLiterals(place: Place, args: Members): Sent {
  const types = new Map(place.takes.map(({ name, type }) => [name, type]));
  const given = Object.entries(args).map(([name, value]) => `${name}: ${literalOf(value, types.get(name))}`);
  return { query: documentOf(place, '', given.join(', ')) };
}

function documentOf({ operation, around, name, selection }: Place, declared: string, given: string): string {
  const [before, after] = around;
  return `${operation} ${declared} { ${before} ${name}${given && `(${given})`} ${selection} ${after} }`;
}

function literalOf(value: unknown, type?: GraphQLInputType): string {
  if (Array.isArray(value))
    return `[${value.map((item) => literalOf(item, innerType(type, ''))).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(
      ([key, inner]) => `${key}: ${literalOf(inner, innerType(type, key))}`,
    );
    return `{${fields.join(', ')}}`;
  }
  const isName = typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value);
  return isName && type && isEnumType(getNamedType(type)) ? value : JSON.stringify(value);
}

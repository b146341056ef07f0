import {
  GraphQLError,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  Kind,
} from 'graphql';
import type {
  GraphQLInputObjectType,
  GraphQLInputType,
  GraphQLLeafType,
  ObjectValueNode,
  ValueNode,
} from 'graphql';
import { LONGEST_LIST } from '../input-size.js';

/** One value that GraphQL cannot take, by its path from the argument or the variable. */
export interface ValueFault {
  readonly path: readonly string[];
  /** What would be right. It never repeats the value, which may be a secret or a megabyte. */
  readonly detail: string;
}

const REQUIRED = 'This is required.';
const OBJECT = 'This must be an object.';
const UNKNOWN = 'There is no such field.';
const UNSTORABLE = 'Only whole characters, and not U+0000.';
const BUILT_IN: Readonly<Record<string, string>> = {
  Int: 'This must be a whole number from -2147483648 to 2147483647.',
  Float: 'This must be a number.',
  String: 'This must be a text.',
  Boolean: 'This must be true or false.',
  ID: 'This must be an id, as a text.',
};

/** The faults of a variable's value, found one by one: whoever wants ten looks at no more. Names are cut at 100 characters. */
export function* faultsOfValue(
  value: unknown,
  type: GraphQLInputType,
  path: readonly string[],
): Generator<ValueFault, void> {
  if (isNonNullType(type)) {
    if (value === null || value === undefined) yield { path, detail: REQUIRED };
    else yield* faultsOfValue(value, type.ofType, path);
  } else if (value === null || value === undefined) {
    return;
  } else if (isListType(type)) {
    // A single value stands for a list of one.
    if (!Array.isArray(value)) yield* faultsOfValue(value, type.ofType, path);
    else if (value.length > LONGEST_LIST) yield { path, detail: `At most ${LONGEST_LIST} of them.` };
    else
      for (const [i, item] of value.entries()) yield* faultsOfValue(item, type.ofType, [...path, String(i)]);
  } else if (!isInputObjectType(type)) {
    yield* faultsOfLeaf(() => type.parseValue(value), type, path, value);
  } else if (typeof value !== 'object' || Array.isArray(value)) {
    yield { path, detail: OBJECT };
  } else {
    yield* faultsOfMembers(value as Record<string, unknown>, type, path);
  }
}

function* faultsOfMembers(
  value: Record<string, unknown>,
  type: GraphQLInputObjectType,
  path: readonly string[],
) {
  const fields = type.getFields();
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(fields, name)) yield { path: [...path, name.slice(0, 100)], detail: UNKNOWN };
  }
  for (const field of Object.values(fields)) {
    const inner = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
    if (inner === undefined && !isRequiredInputField(field)) continue;
    yield* faultsOfValue(inner, field.type, [...path, field.name]);
  }
}

/** The faults of a value that stands in the document; the variables in it are looked at by their own values. */
export function* faultsOfLiteral(
  node: ValueNode,
  type: GraphQLInputType,
  path: readonly string[],
): Generator<ValueFault, void> {
  if (node.kind === Kind.VARIABLE) return;
  if (isNonNullType(type)) {
    if (node.kind === Kind.NULL) yield { path, detail: REQUIRED };
    else yield* faultsOfLiteral(node, type.ofType, path);
  } else if (node.kind === Kind.NULL) {
    return;
  } else if (isListType(type)) {
    if (node.kind !== Kind.LIST) yield* faultsOfLiteral(node, type.ofType, path);
    else
      for (const [i, item] of node.values.entries())
        yield* faultsOfLiteral(item, type.ofType, [...path, String(i)]);
  } else if (!isInputObjectType(type)) {
    const written = 'value' in node ? node.value : undefined;
    yield* faultsOfLeaf(() => type.parseLiteral(node, undefined), type, path, written);
  } else if (node.kind !== Kind.OBJECT) {
    yield { path, detail: OBJECT };
  } else {
    yield* faultsOfFields(node, type, path);
  }
}

function* faultsOfFields(node: ObjectValueNode, type: GraphQLInputObjectType, path: readonly string[]) {
  const fields = type.getFields();
  const given = new Set<string>();
  for (const { name, value } of node.fields) {
    const inner = [...path, name.value.slice(0, 100)];
    const field = Object.hasOwn(fields, name.value) ? fields[name.value] : undefined;
    if (given.has(name.value)) yield { path: inner, detail: 'This field may be given once.' };
    else if (field) yield* faultsOfLiteral(value, field.type, inner);
    else yield { path: inner, detail: UNKNOWN };
    given.add(name.value);
  }
  for (const field of Object.values(fields)) {
    if (isRequiredInputField(field) && !given.has(field.name)) {
      yield { path: [...path, field.name], detail: REQUIRED };
    }
  }
}

function* faultsOfLeaf(
  parse: () => unknown,
  type: GraphQLLeafType,
  path: readonly string[],
  written: unknown,
) {
  // No text of ours may hold these, and Postgres stores neither. An ID that does is merely unknown.
  if (type.name === 'String' && typeof written === 'string' && !isStorable(written)) {
    yield { path, detail: UNSTORABLE };
    return;
  }
  try {
    if (parse() === undefined) yield { path, detail: whatIsRight(type) };
  } catch (refusal) {
    yield { path, detail: whatIsRight(type, refusal) };
  }
}

function isStorable(text: string): boolean {
  return !text.includes('\u0000') && !/\p{Surrogate}/u.test(text);
}

function whatIsRight(type: GraphQLLeafType, refusal?: unknown): string {
  if (isEnumType(type)) {
    const names = type.getValues().map(({ name }) => name);
    return names.length === 1 ? `This must be ${names[0]}.` : `This must be one of ${names.join(', ')}.`;
  }
  const own = refusal instanceof GraphQLError ? refusal.message : 'This must be another value.';
  return BUILT_IN[type.name] ?? own;
}

import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  typeFromAST,
  TypeMetaFieldDef,
} from 'graphql';
import type {
  FieldNode,
  GraphQLCompositeType,
  GraphQLField,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';
import { invalidInput, queryTooComplex, type Problem } from '@tokenwarden/vocabulary';
import { costOf, listSizeOf, type ListSize } from '../page.args.js';
import { DEFAULT_PAGE, LARGEST_PAGE } from '../paging.js';
import type { Fragments } from './fragments.js';

/** The most objects that an operation may ask for, each once, times the page sizes above it; what is dear counts as many (`CostsAs`). */
export const COST_LIMIT = 10_000;
// The schema is a few thousand objects in lists without pages: what looks into it is weighed as if it were paged.
const INTROSPECTION_WEIGHT = 20;

/** An operation with all that is needed to weigh it. */
export interface Weighable {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Fragments;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** One selection set with the type it is asked of. */
interface TypedSelection {
  readonly set: SelectionSetNode;
  readonly type: GraphQLCompositeType;
}

/** How many objects a field may answer, or costs as much as. */
interface Weight {
  /** The field itself: one, but for a list without pages whose argument says its length, and for what is dear (`CostsAs`). */
  own: number;
  /** Of each kind directly below all of these. */
  below: number;
}

/** An object field of an answer: all selections of one response key are one object. */
interface ObjectField extends Weight {
  readonly selections: TypedSelection[];
}

/**
 * The argument out of its range, if there is one: `first` and `last` of every list in the operation, or what sizes it
 * otherwise (`SizedBy`), however often its fragments are used. Looked at before the cost, which is made of these numbers.
 */
export function pageSizeProblem(weighable: Weighable): Problem | undefined {
  const seen = new Set<string>();
  const look = (set: SelectionSetNode, type: GraphQLCompositeType): Problem | undefined => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (seen.has(selection.name.value)) continue;
        seen.add(selection.name.value);
      }
      const inner = innerSelection(weighable, selection, type);
      const field = selection.kind === Kind.FIELD ? fieldOf(weighable.schema, type, selection) : undefined;
      const problem =
        (field && selection.kind === Kind.FIELD ? ownProblem(weighable, selection, field) : undefined) ??
        (inner && look(inner.set, inner.type));
      if (problem) return problem;
    }
    return undefined;
  };
  const root = weighable.schema.getRootType(weighable.operation.operation);
  return root ? look(weighable.operation.selectionSet, root) : undefined;
}

function ownProblem(weighable: Weighable, node: FieldNode, field: GraphQLField<unknown, unknown>) {
  const given = (['first', 'last'] as const).filter(
    (name) => takes(field, name) && isGiven(argumentOf(weighable, node, name)),
  );
  for (const name of given) {
    const size = argumentOf(weighable, node, name);
    if (!Number.isInteger(size) || (size as number) < 1 || (size as number) > LARGEST_PAGE) {
      return invalidInput(name, `This must be a whole number from 1 to ${LARGEST_PAGE}.`);
    }
  }
  if (given.length === 2) return invalidInput('last', 'Either first or last, not both.');
  const sized = listSizeOf(field.extensions);
  if (sized === undefined || isWithin(sizeOf(weighable, node, field, sized), sized)) return undefined;
  return invalidInput(sized.argument, `This must be a whole number from 1 to ${sized.most}.`);
}

// What is left out or null is the default, or a fault that is found later.
function sizeOf(
  weighable: Weighable,
  node: FieldNode,
  { args }: GraphQLField<unknown, unknown>,
  { argument }: ListSize,
): unknown {
  return (
    argumentOf(weighable, node, argument) ?? args.find((one) => one.name === argument)?.defaultValue ?? 1
  );
}

function isWithin(size: unknown, { most }: ListSize): size is number {
  return Number.isInteger(size) && (size as number) >= 1 && (size as number) <= most;
}

/**
 * Refuses an operation that costs more than `COST_LIMIT`. `@skip` and `@include` do not lower the cost. It stops at the
 * limit, so that the time it takes is bounded by it, whatever fragments do; what the schema does not know is passed over.
 */
export function costProblem(weighable: Weighable): Problem | undefined {
  const root = weighable.schema.getRootType(weighable.operation.operation);
  if (!root) return undefined;
  let cost = 0;
  const isAffordable = (selections: readonly TypedSelection[], weight: number): boolean => {
    for (const object of objectFieldsOf(weighable, selections).values()) {
      cost += weight * object.own;
      if (cost > COST_LIMIT || !isAffordable(object.selections, weight * object.below)) return false;
    }
    return true;
  };
  if (isAffordable([{ set: weighable.operation.selectionSet, type: root }], 1)) return undefined;
  return queryTooComplex(
    `This costs as much as more than ${COST_LIMIT} objects: ask for smaller pages, for fewer lists inside lists, or for less at once.`,
  );
}

function objectFieldsOf(
  weighable: Weighable,
  selections: readonly TypedSelection[],
): Map<string, ObjectField> {
  const fields = new Map<string, ObjectField>();
  const seen = new Set<string>();
  const collect = ({ set, type }: TypedSelection): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (seen.has(selection.name.value)) continue;
        seen.add(selection.name.value);
      }
      const inner = innerSelection(weighable, selection, type);
      if (!inner) continue;
      if (selection.kind !== Kind.FIELD) {
        collect(inner);
        continue;
      }
      const key = (selection.alias ?? selection.name).value;
      const object = fields.get(key) ?? { selections: [], own: 1, below: 1 };
      const { own, below } = weightOf(weighable, selection, type);
      object.selections.push(inner);
      object.own = Math.max(object.own, own);
      object.below = Math.max(object.below, below);
      fields.set(key, object);
    }
  };
  selections.forEach(collect);
  return fields;
}

function weightOf(weighable: Weighable, node: FieldNode, type: GraphQLCompositeType): Weight {
  const field = fieldOf(weighable.schema, type, node);
  if (field === SchemaMetaFieldDef || field === TypeMetaFieldDef) {
    return { own: 1, below: INTROSPECTION_WEIGHT };
  }
  if (!field) return { own: 1, below: 1 };
  const sized = listSizeOf(field.extensions);
  if (sized !== undefined) {
    const size = sizeOf(weighable, node, field, sized);
    const own = isWithin(size, sized) ? size : sized.most;
    return { own, below: own };
  }
  const own = costOf(field.extensions);
  if (!takes(field, 'first')) return { own, below: 1 };
  const size = argumentOf(weighable, node, 'first') ?? argumentOf(weighable, node, 'last') ?? DEFAULT_PAGE;
  return { own, below: typeof size === 'number' ? size : DEFAULT_PAGE };
}

function innerSelection(
  { schema, fragments }: Weighable,
  selection: SelectionSetNode['selections'][number],
  type: GraphQLCompositeType,
): TypedSelection | undefined {
  if (selection.kind === Kind.FIELD) {
    if (!selection.selectionSet) return undefined;
    const field = fieldOf(schema, type, selection);
    const inner = field && getNamedType(field.type);
    return isCompositeType(inner) ? { set: selection.selectionSet, type: inner } : undefined;
  }
  const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
  if (!fragment) return undefined;
  const narrowed = fragment.typeCondition ? typeFromAST(schema, fragment.typeCondition) : type;
  return isCompositeType(narrowed) ? { set: fragment.selectionSet, type: narrowed } : undefined;
}

function fieldOf(
  schema: GraphQLSchema,
  type: GraphQLCompositeType,
  { name: { value: name } }: FieldNode,
): GraphQLField<unknown, unknown> | undefined {
  if (type === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function takes(field: GraphQLField<unknown, unknown>, name: string): boolean {
  return field.args.some((argument) => argument.name === name);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** A page size as it will be; undefined where it is left out or null, and not a number where it is none. */
function argumentOf({ operation, variables }: Weighable, node: FieldNode, name: string): unknown {
  const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
  if (value?.kind !== Kind.VARIABLE) return literalOf(value);
  const variable = value.name.value;
  if (Object.hasOwn(variables, variable)) return variables[variable] ?? undefined;
  const definition = operation.variableDefinitions?.find((one) => one.variable.name.value === variable);
  return literalOf(definition?.defaultValue);
}

function literalOf(value: { readonly kind: Kind; readonly value?: unknown } | undefined): unknown {
  if (value === undefined || value.kind === Kind.NULL) return undefined;
  return value.kind === Kind.INT ? Number(value.value) : 'not a number';
}

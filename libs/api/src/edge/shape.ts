import { Kind } from 'graphql';
import type { OperationDefinitionNode, SelectionSetNode } from 'graphql';
import { queryTooComplex, type Problem } from '@tokenwarden/vocabulary';
import type { Fragments } from './fragments.js';

/** How large an operation is when its fragments are put in; no schema is needed to know it. */
export interface Shape {
  /** Fields inside fields; what lies inside `__schema` and `__type` is left to the cost. */
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** Whether it asks for more than `__typename`, `__schema` and `__type`. */
  readonly needsCaller: boolean;
}

/** The limits of RULINGS on an operation's shape. */
export const SHAPE_LIMITS = {
  depth: 12,
  aliases: 100,
  rootFields: { query: 20, mutation: 10, subscription: 1 },
};

const OPEN_FIELDS: readonly string[] = ['__typename', '__schema', '__type'];
const INTROSPECTION: readonly string[] = ['__schema', '__type'];
const NOTHING: Shape = { depth: 0, aliases: 0, rootFields: 0, needsCaller: false };

/**
 * The shape of an operation. Each fragment is measured once, so that fragments that double each other cost no time; one
 * that contains itself is measured as if it ended there, for validation refuses it.
 */
export function shapeOf(operation: OperationDefinitionNode, fragments: Fragments): Shape {
  const measured = new Map<string, Shape>();
  const measureFragment = (name: string): Shape => {
    const known = measured.get(name);
    if (known) return known;
    measured.set(name, NOTHING);
    const fragment = fragments.get(name);
    const shape = fragment ? measure(fragment.selectionSet) : NOTHING;
    measured.set(name, shape);
    return shape;
  };
  const measure = (set: SelectionSetNode): Shape => {
    let { depth, aliases, rootFields, needsCaller } = NOTHING;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        const inner = selection.selectionSet ? measure(selection.selectionSet) : NOTHING;
        depth = Math.max(depth, INTROSPECTION.includes(name) ? 1 : inner.depth + 1);
        aliases += inner.aliases + (selection.alias ? 1 : 0);
        rootFields += 1;
        needsCaller ||= !OPEN_FIELDS.includes(name);
      } else {
        const inner =
          selection.kind === Kind.INLINE_FRAGMENT
            ? measure(selection.selectionSet)
            : measureFragment(selection.name.value);
        depth = Math.max(depth, inner.depth);
        aliases += inner.aliases;
        rootFields += inner.rootFields;
        needsCaller ||= inner.needsCaller;
      }
    }
    return { depth, aliases, rootFields, needsCaller };
  };
  return measure(operation.selectionSet);
}

/** The limit that an operation of this shape breaks, if it breaks one. */
export function shapeProblem(shape: Shape, operation: OperationDefinitionNode): Problem | undefined {
  const { depth, aliases } = SHAPE_LIMITS;
  const rootFields = SHAPE_LIMITS.rootFields[operation.operation];
  if (shape.depth > depth) return queryTooComplex(`At most ${depth} fields inside each other.`);
  if (shape.aliases > aliases)
    return queryTooComplex(`At most ${aliases} aliases, those of fragments at each use.`);
  if (shape.rootFields > rootFields) {
    return queryTooComplex(`At most ${rootFields} root fields in one ${operation.operation}.`);
  }
  return undefined;
}

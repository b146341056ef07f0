import { Kind, visit } from 'graphql';
import type { DocumentNode, ValueNode } from 'graphql';

/**
 * A path as the caller wrote it: from inside the argument `input`, or from the argument itself, as `lifetime`,
 * `filter.search`, `first`, `scopes.3`.
 */
export function fieldPath(path: readonly string[]): string {
  return (path[0] === 'input' && path.length > 1 ? path.slice(1) : path).join('.');
}

/** Where a document's variables are used first: the path from the argument inwards, by the variable's name. */
export function variablePaths(document: DocumentNode): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  const look = (node: ValueNode, path: readonly string[]): void => {
    if (node.kind === Kind.VARIABLE && !paths.has(node.name.value)) paths.set(node.name.value, path);
    if (node.kind === Kind.LIST) node.values.forEach((item, i) => look(item, [...path, String(i)]));
    if (node.kind === Kind.OBJECT) {
      node.fields.forEach(({ name, value }) => look(value, [...path, name.value]));
    }
  };
  visit(document, {
    Argument: ({ name, value }) => {
      look(value, [name.value]);
      return false;
    },
  });
  return paths;
}

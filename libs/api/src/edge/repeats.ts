import { Kind, print, visit } from 'graphql';
import type { DocumentNode, FieldNode, SelectionSetNode } from 'graphql';

/**
 * The document without fields that say again, word for word, what stands beside them, such as the second `id` of `id id`.
 * They change no answer, but graphql-js compares every two of them, and gives up on a document of two thousand.
 */
export function withoutRepeats(document: DocumentNode): DocumentNode {
  return visit(document, {
    // On the way up, so that what is inside has lost its repeats before it is compared.
    SelectionSet: { leave: (set) => (hasRepeatedNames(set) ? withoutRepeatsIn(set) : undefined) },
  });
}

function hasRepeatedNames(set: SelectionSetNode): boolean {
  const names = set.selections.flatMap((one) => (one.kind === Kind.FIELD ? [responseName(one)] : []));
  return new Set(names).size < names.length;
}

function withoutRepeatsIn(set: SelectionSetNode): SelectionSetNode {
  const seen = new Set<string>();
  const selections = set.selections.filter((selection) => {
    if (selection.kind !== Kind.FIELD) return true;
    const text = print(selection);
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  });
  return selections.length === set.selections.length ? set : { ...set, selections };
}

function responseName({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

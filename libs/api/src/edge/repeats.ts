import { Kind, visit } from 'graphql';
import type { DocumentNode, SelectionNode } from 'graphql';

/**
 * The document without fields that say again what stands beside them: bare names such as the second `id` of `id id`.
 * They change no answer, but graphql-js compares every two of them, and gives up on a document of two thousand.
 */
export function withoutRepeats(document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet: (set) => {
      const seen = new Set<string>();
      const selections = set.selections.filter((selection) => {
        const name = bareName(selection);
        if (name === undefined) return true;
        const isNew = !seen.has(name);
        seen.add(name);
        return isNew;
      });
      return selections.length === set.selections.length ? undefined : { ...set, selections };
    },
  });
}

function bareName(selection: SelectionNode): string | undefined {
  if (selection.kind !== Kind.FIELD || selection.alias || selection.selectionSet) return undefined;
  const isBare = !selection.arguments?.length && !selection.directives?.length;
  return isBare ? selection.name.value : undefined;
}

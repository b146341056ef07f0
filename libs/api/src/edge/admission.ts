import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { invalidInput, unauthenticated, type Problem } from '@tokenwarden/vocabulary';
import { costProblem, pageSizeProblem, type Weighable } from './cost.js';
import { fragmentsOf } from './fragments.js';
import { shapeOf, shapeProblem } from './shape.js';
import { documentProblems, variableProblems } from './validation.js';

/** One operation that asks to be executed. */
export interface Candidate {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  /** Missing where the document has no operation, several and no name was given, or none of that name. */
  readonly operation: OperationDefinitionNode | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Whether a good credential came with it. */
  readonly isIdentified: boolean;
}

/** Decides which operations are executed. */
export interface Admission {
  /** Why the operation is not executed: one problem, or up to ten faults of the document or its variables; none: it is. */
  problemsOf(candidate: Candidate): readonly Problem[];
}

/**
 * Decides in this order: who asks, how large it is (cheap, so that nothing large is looked at closer), whether page sizes
 * are in range, what it costs, whether it is valid, whether its variables are. A valid document is remembered.
 */
export function admission({ introspection }: { introspection: boolean }): Admission {
  const known = new WeakMap<DocumentNode, readonly Problem[]>();
  const validated = ({ schema, document }: Candidate): readonly Problem[] => {
    const problems = known.get(document) ?? documentProblems(schema, document, { introspection });
    known.set(document, problems);
    return problems;
  };
  return {
    problemsOf(candidate) {
      const { schema, document, operation, variables, isIdentified } = candidate;
      if (!operation) {
        return [invalidInput(undefined, 'One operation, or an operationName that names one of them.')];
      }
      const fragments = fragmentsOf(document);
      const shape = shapeOf(operation, fragments);
      if (!isIdentified && shape.needsCaller) return [unauthenticated()];
      const weighable: Weighable = { schema, operation, fragments, variables };
      const limit = shapeProblem(shape, operation) ?? pageSizeProblem(weighable) ?? costProblem(weighable);
      if (limit) return [limit];
      // Validation says nothing of a kind of operation that the schema has not; only executing it would fail.
      if (!schema.getRootType(operation.operation)) {
        return [invalidInput(undefined, `There are no operations of the kind ${operation.operation}.`)];
      }
      const problems = validated(candidate);
      // Which names exist is for callers to know: a stranger learns only that this is not valid.
      if (problems.length > 0 && !isIdentified)
        return [invalidInput(undefined, 'The document is not valid.')];
      return problems.length > 0 ? problems : variableProblems(weighable, document);
    },
  };
}

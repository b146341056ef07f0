import {
  GraphQLError,
  isRequiredArgument,
  Kind,
  NoSchemaIntrospectionCustomRule,
  ProvidedRequiredArgumentsRule,
  specifiedRules,
  typeFromAST,
  isInputType,
  UniqueArgumentNamesRule,
  UniqueInputFieldNamesRule,
  validate,
  ValuesOfCorrectTypeRule,
} from 'graphql';
import type {
  ASTNode,
  ASTVisitor,
  DocumentNode,
  GraphQLArgument,
  GraphQLSchema,
  ValidationContext,
} from 'graphql';
import { invalidInput, queryTooComplex, type Problem } from '@tokenwarden/vocabulary';
import { fieldPath, variablePaths } from './field-path.js';
import { faultsOfLiteral, faultsOfValue } from './input-faults.js';
import { withoutRepeats } from './repeats.js';
import type { Weighable } from './cost.js';

/** The most errors of one answer. */
export const MOST_ERRORS = 10;
const LONGEST_MESSAGE = 300;

// Our own rules in their place name the field at fault and never repeat a value.
const REPLACED = [
  ValuesOfCorrectTypeRule,
  ProvidedRequiredArgumentsRule,
  UniqueArgumentNamesRule,
  UniqueInputFieldNamesRule,
] as const;
const RULES = [...specifiedRules.filter((rule) => !REPLACED.some((one) => one === rule)), LiteralValuesRule];
const LIMIT_RULES = /^(Maximum introspection depth exceeded|Validation aborted\.)/;

/** What is wrong with a document under the schema, at most `MOST_ERRORS`, each with its field where it has one. */
export function documentProblems(
  schema: GraphQLSchema,
  document: DocumentNode,
  { introspection }: { introspection: boolean },
): readonly Problem[] {
  const rules = introspection ? RULES : [...RULES, NoSchemaIntrospectionCustomRule];
  const errors = validate(schema, withoutRepeats(document), rules, {
    maxErrors: MOST_ERRORS,
    hideSuggestions: true,
  });
  if (errors.length === 0) return [];
  const paths = variablePaths(document);
  return errors.slice(0, MOST_ERRORS).map((error) => {
    const message = error.message.slice(0, LONGEST_MESSAGE);
    return LIMIT_RULES.test(message)
      ? queryTooComplex(message)
      : invalidInput(fieldOfError(error, paths), message);
  });
}

function fieldOfError(
  error: GraphQLError,
  paths: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const { field } = error.extensions;
  if (typeof field === 'string') return field;
  const node: ASTNode | undefined = error.nodes?.[0];
  if (node?.kind === Kind.ARGUMENT) return node.name.value;
  if (node?.kind === Kind.VARIABLE) return fieldPath(paths.get(node.name.value) ?? [node.name.value]);
  if (node?.kind !== Kind.VARIABLE_DEFINITION) return undefined;
  const name = node.variable.name.value;
  return fieldPath(paths.get(name) ?? [name]);
}

/** Every value that stands in the document, and every argument that is missing or there twice, by its path. */
function LiteralValuesRule(context: ValidationContext): ASTVisitor {
  const report = (nodes: ASTNode, path: readonly string[], message: string) =>
    context.reportError(new GraphQLError(message, { nodes, extensions: { field: fieldPath(path) } }));
  const reportArguments = (
    node: { readonly arguments?: readonly { name: { value: string } }[] | undefined } & ASTNode,
    args: readonly GraphQLArgument[] = [],
  ) => {
    const given = new Set<string>();
    for (const { name } of node.arguments ?? []) {
      if (given.has(name.value)) report(node, [name.value], 'This argument may be given once.');
      given.add(name.value);
    }
    for (const argument of args) {
      if (isRequiredArgument(argument) && !given.has(argument.name)) {
        report(node, [argument.name], 'This is required.');
      }
    }
  };
  return {
    Argument(node) {
      const type = context.getArgument()?.type;
      if (!type) return;
      for (const { path, detail } of faultsOfLiteral(node.value, type, [node.name.value]))
        report(node, path, detail);
    },
    VariableDefinition(node) {
      const type = typeFromAST(context.getSchema(), node.type);
      if (!node.defaultValue || !isInputType(type)) return;
      const name = node.variable.name.value;
      for (const { path, detail } of faultsOfLiteral(node.defaultValue, type, [name]))
        report(node, path, detail);
    },
    Field: (node) => reportArguments(node, context.getFieldDef()?.args),
    Directive: (node) => reportArguments(node, context.getDirective()?.args),
  };
}

/** What is wrong with the variables of a valid operation, at most `MOST_ERRORS`, each by the path of its use. */
export function variableProblems(
  { schema, operation, variables }: Weighable,
  document: DocumentNode,
): readonly Problem[] {
  const problems: Problem[] = [];
  let paths: ReadonlyMap<string, readonly string[]> | undefined;
  for (const { variable, type: typeNode, defaultValue } of operation.variableDefinitions ?? []) {
    const name = variable.name.value;
    const type = typeFromAST(schema, typeNode);
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (!isInputType(type) || (value === undefined && defaultValue)) continue;
    for (const { path, detail } of faultsOfValue(value, type, [])) {
      paths ??= variablePaths(document);
      problems.push(invalidInput(fieldPath([...(paths.get(name) ?? [name]), ...path]), detail));
      if (problems.length === MOST_ERRORS) return problems;
    }
  }
  return problems;
}

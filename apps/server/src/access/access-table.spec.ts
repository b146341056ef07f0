import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RequestMethod } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { FileSource } from '@tokenwarden/directory';
import { readSettings } from '@tokenwarden/settings';
import { Logs } from '@tokenwarden/telemetry';
import { buildSchema, type GraphQLObjectType } from 'graphql';
import { AppModule } from '../app.module.js';
import { resolversOf } from '../schema.js';
import { ACCESS, COMPUTED_FIELDS } from './access-table.js';

const ROOT = join(import.meta.dirname, '../../../..');

function everyModule(root: DynamicModule): (Type | DynamicModule)[] {
  const seen = new Set<Type | DynamicModule>();
  const visit = (module: Type | DynamicModule): void => {
    if (seen.has(module)) return;
    seen.add(module);
    const declared = typeof module === 'function' ? module : module.module;
    const imports = (Reflect.getMetadata('imports', declared) as (Type | DynamicModule)[] | undefined) ?? [];
    const dynamic = typeof module === 'function' ? [] : (module.imports ?? []);
    [...imports, ...(dynamic as (Type | DynamicModule)[])].forEach(visit);
  };
  visit(root);
  return [...seen];
}

function controllersIn(root: DynamicModule): Type[] {
  return everyModule(root).flatMap((module) => {
    const declared = typeof module === 'function' ? module : module.module;
    const fixed = (Reflect.getMetadata('controllers', declared) as Type[] | undefined) ?? [];
    return [...fixed, ...(typeof module === 'function' ? [] : (module.controllers ?? []))];
  });
}

function methodsOf({ prototype }: Type): { name: string; handler: object }[] {
  const methods = prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(methods)
    .filter((name) => name !== 'constructor' && typeof methods[name] === 'function')
    .map((name) => ({ name, handler: methods[name] as object }));
}

function routesOf(controller: Type): string[] {
  const at = Reflect.getMetadata('path', controller) as string;
  return methodsOf(controller)
    .filter(({ handler }) => Reflect.hasMetadata('method', handler))
    .map(({ handler }) => {
      const below = Reflect.getMetadata('path', handler) as string;
      const method = RequestMethod[Reflect.getMetadata('method', handler) as RequestMethod];
      return `${method} /${[at, below].filter((part) => part !== '' && part !== '/').join('/')}`;
    });
}

function computedFieldsOf(resolver: Type): string[] {
  const owner = Reflect.getMetadata('graphql:resolver_name', resolver) as string | undefined;
  return methodsOf(resolver)
    .filter(({ handler }) => Reflect.getMetadata('graphql:resolve_property', handler) === true)
    .map(({ name, handler }) => {
      const given = Reflect.getMetadata('graphql:resolver_name', handler) as string | undefined;
      return `${owner}.${given ?? name}`;
    });
}

const settings = readSettings({}).with({ databaseUrl: 'postgres://nobody:nothing@127.0.0.1:1/none' });
// Described, not started: nothing listens, connects or reads.
const product = AppModule.forParts(
  {
    settings,
    directory: new FileSource({ path: '', acceptsPlainPasswords: false }),
    isEmbedded: { postgres: false, directory: false },
  },
  new Logs({ level: 'fatal', instance: 'spec' }),
);
const schema = buildSchema(readFileSync(join(ROOT, 'schema.graphql'), 'utf8'));
const rootFields = [schema.getQueryType(), schema.getMutationType()]
  .filter((type): type is GraphQLObjectType => Boolean(type))
  .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
const lines = Object.keys(ACCESS);

describe('the table of who may call what', () => {
  it('has a line for every root field of the schema, and none for another', () =>
    expect(lines.filter((line) => /^(Query|Mutation)\./.test(line)).sort()).toEqual(rootFields.sort()));

  it('has a line for every route that Nest serves, and none for another', () => {
    const routes = controllersIn(product).flatMap(routesOf);
    expect(routes.length).toBeGreaterThan(5);
    expect(lines.filter((line) => line.includes(' ')).sort()).toEqual(routes.sort());
  });

  it('says of every computed field what keeps it to the right eyes, and of no other', () => {
    const computed = resolversOf(product).flatMap(computedFieldsOf);
    expect(computed.length).toBeGreaterThan(10);
    expect(Object.keys(COMPUTED_FIELDS).sort()).toEqual(computed.sort());
  });

  it('gives a reason in a sentence', () =>
    expect(Object.values(COMPUTED_FIELDS).filter((reason) => !/^[A-Z].{10,}\.$/.test(reason))).toEqual([]));
});

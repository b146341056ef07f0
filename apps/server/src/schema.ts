import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { DateTimeScalar } from '@tokenwarden/api';

const RESOLVER_TYPE = 'graphql:resolver_type';

/** `schema.graphql` as this code serves it; needs no database. `module` is where the resolvers are looked for. */
export async function emittedSchema(module: Type): Promise<string> {
  const app = await NestFactory.create(GraphQLSchemaBuilderModule, new FastifyAdapter(), { logger: false });
  try {
    await app.init();
    const schema = await app
      .get(GraphQLSchemaFactory)
      .create(resolversOf(module), { scalarsMap: [{ type: Date, scalar: DateTimeScalar }] });
    return `${HEADER}\n${printSchema(lexicographicSortSchema(schema))}\n`;
  } finally {
    await app.close();
  }
}

const HEADER = '# Written by `npm run schema`; do not edit.\n';

/** Every resolver class that the module and what it imports provide. */
export function resolversOf(root: unknown): Type[] {
  const seen = new Set<unknown>();
  const resolvers: Type[] = [];
  const visit = (entry: unknown): void => {
    if (entry === undefined || entry === null || seen.has(entry)) return;
    seen.add(entry);
    const dynamic = entry as { module?: object; imports?: unknown[]; providers?: unknown[] };
    const module = typeof entry === 'function' ? entry : dynamic.module;
    if (module === undefined) return;
    const declared = (key: string) => (Reflect.getMetadata(key, module) as unknown[] | undefined) ?? [];
    for (const provider of [...declared('providers'), ...(dynamic.providers ?? [])]) {
      if (typeof provider === 'function' && isResolver(provider)) resolvers.push(provider as Type);
    }
    for (const imported of [...declared('imports'), ...(dynamic.imports ?? [])]) visit(imported);
  };
  visit(root);
  return [...new Set(resolvers)];
}

function isResolver(provider: object): boolean {
  return (
    Reflect.hasMetadata(RESOLVER_TYPE, provider) || Reflect.hasMetadata('graphql:resolver_name', provider)
  );
}

import { describe, expect, it } from '@jest/globals';
import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
} from 'graphql';
import { faultsOfValue } from './input-faults.js';

const words = (...names: string[]) =>
  new GraphQLEnumType({ name: 'Word', values: Object.fromEntries(names.map((name) => [name, {}])) });

describe('a value that GraphQL cannot take', () => {
  it.each([
    ['X', words('DIRECTORY_SYNC'), 'This must be DIRECTORY_SYNC.'],
    ['X', words('ACTIVE', 'ENDED'), 'This must be one of ACTIVE, ENDED.'],
    [7, GraphQLString, 'This must be a text.'],
    ['7', GraphQLInt, 'This must be a whole number from -2147483648 to 2147483647.'],
    ['true', new GraphQLList(GraphQLBoolean), 'This must be true or false.'],
    [null, new GraphQLNonNull(GraphQLString), 'This is required.'],
  ])('%j is answered with a sentence of its own', (value, type, detail) =>
    expect([...faultsOfValue(value, type, ['input'])]).toEqual([{ path: ['input'], detail }]),
  );
});

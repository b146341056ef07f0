export * from './scalars.js';
export { Node, OrderDirection } from './node.types.js';
export * from './connection.types.js';
export * from './page.args.js';
export { type CursorItemType, type CursorKey } from './cursor.js';
export * from './paging.js';
export * from './loaders.js';
export * from './graphql-context.js';
export * from './request.decorators.js';
export {
  IsDuration,
  IsInput,
  IsList,
  IsText,
  IsTextList,
  IsWholeNumber,
  IsWithout,
  MayBeLeftOut,
  NullIsMeant,
  type InputFault,
  type ListBounds,
} from './input.decorators.js';
export { inputValidation } from './input-validation.pipe.js';

import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { CLASS_TYPE_METADATA } from '@nestjs/graphql';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { invalidInput } from '@tokenwarden/vocabulary';
import { oversizedPart } from './input-size.js';
import { dropMeaninglessNulls, PATH_END } from './input.decorators.js';

const NO_INPUT: readonly unknown[] = [String, Number, Boolean, Array, Object, Date, Buffer, BigInt, Symbol];

/**
 * The one pipe before every resolver and controller: makes the input class, drops the nulls that mean nothing, looks at
 * the decorators of `input.decorators.ts`, and refuses the first fault by its path as the caller wrote it.
 */
class InputValidationPipe implements PipeTransform {
  /** @throws Problem `INVALID_INPUT` on the path of the first fault */
  async transform(value: unknown, { type, metatype, data }: ArgumentMetadata): Promise<unknown> {
    if (metatype === undefined || NO_INPUT.includes(metatype) || type === 'custom') return value;
    // Nest calls arguments of GraphQL a body, too; only their classes tell them apart.
    const isBody = type === 'body' && !Reflect.hasMetadata(CLASS_TYPE_METADATA, metatype);
    if (!isBody && (value === undefined || value === null)) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidInput(isBody ? undefined : data, 'This must be an object.');
    }
    // class-validator takes the names that every object is born with for names of fields.
    const inborn = isBody ? Object.keys(value).find((name) => name in Object.prototype) : undefined;
    if (inborn !== undefined) throw invalidInput(inborn, 'There is no such field.');
    const oversized = oversizedPart(value);
    if (oversized)
      throw invalidInput(
        pathOf([...beginOf(data), ...oversized]),
        'Fewer values, and fewer inside each other.',
      );
    const input = plainToInstance(metatype as new () => object, value);
    dropMeaninglessNulls(input);
    // GraphQL knows its fields before; of a plain JSON body nothing unknown is taken in silence.
    const faults = await validate(input, {
      forbidUnknownValues: false,
      whitelist: isBody,
      forbidNonWhitelisted: isBody,
      validationError: { target: false, value: false },
    });
    const first = faults[0] && firstFault(faults[0], beginOf(data));
    if (first) throw invalidInput(first.path, first.detail);
    return input;
  }
}

// The argument `input` is not part of the path: its fields are what the caller thinks in.
function beginOf(argument: string | undefined): readonly string[] {
  return argument === undefined || argument === 'input' ? [] : [argument];
}

function pathOf(parts: readonly string[]): string | undefined {
  return parts.length === 0 ? undefined : parts.join('.');
}

function firstFault(error: ValidationError, above: readonly string[]): { path: string; detail: string } {
  const path = [...above, error.property];
  const [name, message] = Object.entries(error.constraints ?? {})[0] ?? [];
  if (name === 'whitelistValidation') return { path: path.join('.'), detail: 'There is no such field.' };
  if (message === undefined && error.children?.[0]) return firstFault(error.children[0], path);
  if (name === 'nestedValidation' || message === undefined)
    return { path: path.join('.'), detail: 'This must be an object.' };
  const [inner, detail] = message.includes(PATH_END) ? message.split(PATH_END, 2) : [undefined, message];
  return { path: (inner === undefined ? path : [...path, inner]).join('.'), detail: detail ?? message };
}

/** The global pipe of the application: `app.useGlobalPipes(inputValidation())`. */
export function inputValidation(): PipeTransform {
  return new InputValidationPipe();
}

import { Type } from 'class-transformer';
import { IsOptional, ValidateBy, ValidateNested } from 'class-validator';
import type { ValidationArguments } from 'class-validator';
import {
  durationSeconds,
  parseDuration,
  textFault,
  type Duration,
  type TextBounds,
} from '@tokenwarden/vocabulary';

/** What is wrong with a value: `path` leads from the value to the part at fault (an index of a list). */
export interface InputFault {
  readonly path?: string;
  /** What would be right, as a sentence. */
  readonly detail: string;
}

/** How a fault's path travels inside class-validator's message: no text that a person may send holds this. */
export const PATH_END = '\u0000';

/** A rule of one's own: gives what would be right where the value cannot be taken, undefined where it can. */
export function IsWithout(fault: (value: unknown) => InputFault | string | undefined): PropertyDecorator {
  return ValidateBy({
    name: 'isWithout',
    validator: {
      validate: (value: unknown) => fault(value) === undefined,
      defaultMessage: (args?: ValidationArguments) => {
        const found = fault(args?.value);
        if (found === undefined || typeof found === 'string') return found ?? '';
        return found.path === undefined ? found.detail : `${found.path}${PATH_END}${found.detail}`;
      },
    },
  });
}

/** What would be right where a value is something else, or is not there at all; by itself it is a sentence. */
function otherThan(right: string, value: unknown): string {
  return value === undefined || value === null ? 'This is required.' : `This must be ${right}.`;
}

/** A text as RULINGS asks for: bounded in code points, without control characters, not blank. Kept as written. */
export function IsText(bounds: TextBounds): PropertyDecorator {
  return IsWithout((value) =>
    typeof value === 'string' ? textFault(value, bounds) : otherThan('a text', value),
  );
}

/** How many items a list may have. */
export interface ListBounds {
  readonly least?: number;
  readonly most: number;
}

/** A list of bounded length; what its items may be, the room says. */
export function IsList({ least = 0, most }: ListBounds): PropertyDecorator {
  return IsWithout((value) => listFault(value, least, most));
}

/** A list of texts, each as `IsText` asks; the fault of an item is named by its index, as `scopes.3`. */
export function IsTextList({ least = 0, most, ...bounds }: ListBounds & TextBounds): PropertyDecorator {
  return IsWithout((value) => {
    const fault = listFault(value, least, most);
    if (fault !== undefined) return fault;
    for (const [index, item] of (value as unknown[]).entries()) {
      const detail = typeof item === 'string' ? textFault(item, bounds) : otherThan('a text', item);
      if (detail !== undefined) return { path: String(index), detail };
    }
    return undefined;
  });
}

function listFault(value: unknown, least: number, most: number): string | undefined {
  if (!Array.isArray(value)) return otherThan('a list', value);
  if (value.length > most) return `At most ${most} of them.`;
  return value.length < least ? `At least ${least} of them.` : undefined;
}

/** A duration that is at least so long; without one, at least a second (PT0S is for few fields). */
export function IsDuration(least: Duration = 'PT1S'): PropertyDecorator {
  return IsWithout((value) => {
    const duration = typeof value === 'string' ? parseDuration(value) : undefined;
    if (duration !== undefined && durationSeconds(duration) >= durationSeconds(least)) return undefined;
    return otherThan(`a duration from ${least} to P3650D`, value);
  });
}

/** A whole number within bounds, both included. */
export function IsWholeNumber(least: number, most: number): PropertyDecorator {
  return IsWithout((value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : otherThan(`a whole number from ${least} to ${most}`, value),
  );
}

/** An input inside an input; its own rules are looked at, and its path leads through this field. */
export function IsInput(inputClass: () => new () => object): PropertyDecorator {
  return (target, key) => {
    Type(inputClass)(target, key);
    ValidateNested()(target, key);
  };
}

/** The field may be left out. A GraphQL null counts as left out and arrives as undefined. */
export function MayBeLeftOut(): PropertyDecorator {
  return IsOptional();
}

const NULL_IS_MEANT = Symbol('null is meant');

/** The field may be left out, and null says something else than that: it arrives as null. */
export function NullIsMeant(): PropertyDecorator {
  return (target, key) => {
    IsOptional()(target, key);
    Reflect.defineMetadata(NULL_IS_MEANT, true, target, key);
  };
}

/** Takes the nulls that mean nothing out of an input and the inputs inside it. */
export function dropMeaninglessNulls(input: object): void {
  for (const [key, value] of Object.entries(input)) {
    if (value === null && Reflect.getMetadata(NULL_IS_MEANT, input, key) !== true) {
      Reflect.deleteProperty(input, key);
    }
    for (const inner of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isInputInstance(inner)) dropMeaninglessNulls(inner);
    }
  }
}

function isInputInstance(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || value instanceof Date) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype;
}

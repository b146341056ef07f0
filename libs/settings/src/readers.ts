import { resolve } from 'node:path';
import {
  durationSeconds,
  LONGEST_SECONDS,
  parseDuration,
  parseSchedule,
  textFault,
} from '@tokenwarden/vocabulary';
import type { Duration } from '@tokenwarden/vocabulary';
import { SettingFault } from './setting-fault.js';

/** Makes a value of the text of a setting. @throws SettingFault where the text is none */
export type Reader<T> = (text: string) => T;

/** `true` or `false`, nothing that merely sounds like it. */
export const readBoolean: Reader<boolean> = (text) => {
  if (text !== 'true' && text !== 'false') throw new SettingFault('write true or false');
  return text === 'true';
};

/** A whole number in decimal digits between two bounds, both included. */
export function readWhole(least: number, most: number): Reader<number> {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      throw new SettingFault(`write a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

/** One of these words, in their letter case. */
export function readWord<const W extends string>(words: readonly W[]): Reader<W> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw new SettingFault(`write one of ${words.join(', ')}`);
    return word;
  };
}

/** An ISO 8601 duration from PT1S to P3650D, in its shortest form. */
export const readLifetime: Reader<Duration> = (text) => {
  const duration = parseDuration(text);
  if (
    duration === undefined ||
    durationSeconds(duration) < 1 ||
    durationSeconds(duration) > LONGEST_SECONDS
  ) {
    throw new SettingFault('write an ISO 8601 duration from PT1S to P3650D, such as PT12H');
  }
  return duration;
};

/** A cron expression of five fields, kept as it is written; the vocabulary's `parseSchedule` reads it. */
export const readSchedule: Reader<string> = (text) => {
  if (parseSchedule(text) === undefined) {
    throw new SettingFault('write a cron expression of five fields of numbers in UTC, such as */5 * * * *');
  }
  return text;
};

/** A file or folder as an absolute path; a relative one counts from where the process was started. */
export const readPath: Reader<string> = (text) => {
  if (textFault(text, { maximum: 4_096 }) !== undefined)
    throw new SettingFault('write the path of a file or folder');
  return resolve(text);
};

/** 32 bytes in base64 in their one right spelling, so that two copies of a key can be compared as text. */
export const readMasterKey: Reader<Buffer> = (text) => {
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32 || key.toString('base64') !== text) {
    throw new SettingFault(
      'write exactly 32 bytes in base64 (44 characters), as `openssl rand -base64 32` prints them',
    );
  }
  return key;
};

/** Items separated by commas, without blanks around them and without repeats. An empty text is an empty list. */
export function readList<T extends string>(item: Reader<T>): Reader<T[]> {
  return (text) => {
    if (text.trim() === '') return [];
    const items = text.split(',').map((part, index) => {
      const written = part.trim();
      if (written === '')
        throw new SettingFault(`item ${index + 1} is empty: separate the items by single commas`);
      try {
        return item(written);
      } catch (error) {
        if (error instanceof SettingFault) throw new SettingFault(`item ${index + 1}: ${error.message}`);
        throw error;
      }
    });
    return [...new Set(items)];
  };
}

import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readlinkSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../harness/index.js';
import { writeDirectory, type People } from './directory-file.js';

/** A DIRECTORY_FILE that a test can make hang: then it is a pipe that nothing comes out of. */
export class HangingFile {
  readonly path = join(newFolder('directory'), 'people.json');
  private pipe: number | undefined;

  constructor(private readonly people: People) {
    writeDirectory(people, this.path);
  }

  /** From now on whoever reads it waits. */
  hang(): void {
    rmSync(this.path);
    spawnSync('/bin/sh', ['-c', 'mkfifo "$0"', this.path]);
    // Both ends: whoever opens it waits for what it holds, and not for somebody who writes.
    this.pipe = openSync(this.path, constants.O_RDWR);
  }

  /**
   * Whoever waits for it gets this; those who come later wait again.
   * @param people What it holds
   */
  letOut(people: People = this.people): void {
    if (this.pipe === undefined) return;
    writeSync(this.pipe, JSON.stringify(people));
    this.close();
  }

  /** It is a file again, and holds what it held at first. */
  answer(): void {
    this.close();
    rmSync(this.path);
    writeDirectory(this.people, this.path);
  }

  /**
   * Whether a process has it open.
   * @param pid Which
   * @returns As it is at this moment
   */
  isReadBy(pid: number): boolean {
    const open = `/proc/${pid}/fd`;
    return readdirSync(open).some((fd) => {
      try {
        return readlinkSync(join(open, fd)) === this.path;
      } catch {
        return false; // closed meanwhile
      }
    });
  }

  private close(): void {
    if (this.pipe !== undefined) closeSync(this.pipe);
    this.pipe = undefined;
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether the directory has ever been copied whole is written down, not guessed from what the copy holds. */
export class TheFirstWholeAnswer1764100000000 implements MigrationInterface {
  name = 'TheFirstWholeAnswer1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DIRECTORY_COPY);
    // Until now groups were written by whole answers alone, users by any sign-in.
    await runner.query('INSERT INTO directory_copy (is_whole) SELECT true WHERE EXISTS (SELECT FROM groups)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE directory_copy');
  }
}

const DIRECTORY_COPY = `
CREATE TABLE directory_copy (
  is_whole boolean PRIMARY KEY CONSTRAINT directory_copy_is_one CHECK (is_whole),
  whole_since timestamptz NOT NULL DEFAULT clock_timestamp()
);
`;

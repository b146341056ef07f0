/**
 * Writes libs/database/schema.sql: the schema as the migrations leave it, read from a real Postgres, for people to
 * read and for reviews to see what a migration changes. With `--check` it only compares.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { buildWhenStale } from '../../apps/server/build.mjs';
import { startPostgres } from '../harness/postgres-server.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const PAGE = join(ROOT, 'libs/database/schema.sql');
const HEAD =
  '-- The schema as the migrations leave it. Written by `npm run schema:sql`; change a migration, not this.\n';
const OURS = "= 'public'::regnamespace";
const NOT_AN_EXTENSION_S = (catalog) =>
  `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = o.oid AND d.deptype = 'e')`;

/** What there is, in an order that does not depend on how it came to be; each row is one statement. */
const PARTS = [
  `SELECT format('CREATE EXTENSION %I;', extname) FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname`,
  `SELECT format('CREATE TYPE %I AS ENUM (%s);', o.typname,
          (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = o.oid))
     FROM pg_type o WHERE o.typnamespace ${OURS} AND o.typtype = 'e' ORDER BY o.typname`,
  `SELECT format(E'CREATE SEQUENCE %I AS %s START %s INCREMENT %s;', o.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement)
     FROM pg_class o JOIN pg_sequence s ON s.seqrelid = o.oid WHERE o.relnamespace ${OURS}
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = o.oid AND d.deptype IN ('a', 'i')) ORDER BY o.relname`,
  `SELECT format(E'CREATE TABLE %I (\\n%s\\n);', o.relname, string_agg(line, E',\\n' ORDER BY place, number, line))
          || COALESCE((SELECT string_agg(format(E'\\n%s;', pg_get_indexdef(i.indexrelid)), '' ORDER BY i.indexrelid::regclass::text)
               FROM pg_index i WHERE i.indrelid = o.oid
                AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.conrelid = o.oid)), '')
     FROM pg_class o CROSS JOIN LATERAL (
       SELECT 1 AS place, a.attnum AS number, format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attidentity <> '' THEN ' GENERATED ' || CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END || ' AS IDENTITY'
                   WHEN a.attgenerated <> '' THEN ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') STORED'
                   WHEN d.adbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END,
              CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END) AS line
         FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
       UNION ALL
       SELECT 2, 0, format('  CONSTRAINT %I %s', conname, pg_get_constraintdef(oid))
         FROM pg_constraint WHERE conrelid = o.oid AND contype <> 'n') AS lines
    WHERE o.relnamespace ${OURS} AND o.relkind IN ('r', 'p') AND ${NOT_AN_EXTENSION_S('pg_class')} GROUP BY o.oid, o.relname ORDER BY o.relname`,
  `SELECT format(E'CREATE VIEW %I AS\\n%s', o.relname, pg_get_viewdef(o.oid)) FROM pg_class o
    WHERE o.relnamespace ${OURS} AND o.relkind = 'v' AND ${NOT_AN_EXTENSION_S('pg_class')} ORDER BY o.relname`,
  `SELECT pg_get_functiondef(o.oid) || ';' FROM pg_proc o
    WHERE o.pronamespace ${OURS} AND o.prokind = 'f' AND ${NOT_AN_EXTENSION_S('pg_proc')} ORDER BY o.proname`,
  `SELECT pg_get_triggerdef(t.oid) || ';' FROM pg_trigger t JOIN pg_class o ON o.oid = t.tgrelid
    WHERE o.relnamespace ${OURS} AND NOT t.tgisinternal ORDER BY o.relname, t.tgname`,
];

await buildWhenStale();
const folder = mkdtempSync(join(tmpdir(), 'tokenwarden-test-'));
chmodSync(folder, 0o755);
try {
  const postgres = await startPostgres(folder);
  try {
    compareOrWrite(await schemaOf(postgres.url));
  } finally {
    await postgres.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function schemaOf(url) {
  const { migrate } = await import('../../dist/libs/database/src/index.js');
  await migrate(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const statements = [];
    for (const part of PARTS) {
      const { rows } = await client.query({ text: part, rowMode: 'array' });
      statements.push(...rows.map(([statement]) => statement.trimEnd()));
    }
    return `${HEAD}\n${statements.join('\n\n')}\n`;
  } finally {
    await client.end();
  }
}

function compareOrWrite(schema) {
  if (!process.argv.includes('--check')) return writeFileSync(PAGE, schema);
  if (existsSync(PAGE) && readFileSync(PAGE, 'utf8') === schema) return;
  console.error('libs/database/schema.sql is stale: run npm run schema:sql and commit it.');
  process.exitCode = 1;
}

/**
 * `npm start`: builds when that is needed, then is the product. There is no shell and no second process in between, so
 * that signals reach it.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Tokenwarden needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

// Before anything is loaded: graphql-js checks every value twice while it is being developed with.
process.env.NODE_ENV ??= 'production';

const { buildWhenStale, MAIN } = await import('./build.mjs');
try {
  await buildWhenStale();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const { pathToFileURL } = await import('node:url');
await import(pathToFileURL(MAIN).href);

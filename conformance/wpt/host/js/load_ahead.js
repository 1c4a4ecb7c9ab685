// Loads a module before its time.
'use strict';

/** A module that ends a graph of modules before the next one runs. */
const BARRIER = 'data:text/javascript,throw undefined';

/**
 * Loads and links a module and those that it imports, and runs none of them. Its import will run them. That reports what
 * cannot be loaded, too.
 */
module.exports = async function loadAhead(url) {
  const source = `import ${JSON.stringify(BARRIER)}; import ${JSON.stringify(url)};`;
  try {
    await import(`data:text/javascript,${encodeURIComponent(source)}`);
  } catch {
    // The barrier has thrown, or loading has failed.
  }
};

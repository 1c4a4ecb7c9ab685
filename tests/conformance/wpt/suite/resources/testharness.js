// As much of testharness.js's interface as the tests beside it use; the host runs them as it runs the real suite.
'use strict';

(function defineHarness(scope) {
  const PASS = 0;
  const FAIL = 1;
  const TIMEOUT = 2;
  const NOTRUN = 3;
  const PRECONDITION_FAILED = 4;
  const OK = 0;
  const ERROR = 1;

  class AssertionError extends Error {}
  class OptionalFeatureUnsupportedError extends AssertionError {}

  const tests = [];
  const resultCallbacks = [];
  const completionCallbacks = [];
  const harnessStatus = { status: OK, message: null, stack: null };
  let promiseTests = Promise.resolve();
  let allLoaded = false;
  let completed = false;
  let allowUncaughtException = false;

  class Test {
    constructor(name) {
      if (tests.some((test) => test.name === name)) throw new Error(`two tests are named ${name}`);
      this.name = name;
      this.status = NOTRUN;
      this.message = null;
      this.stack = null;
      this.isDone = false;
      this.cleanups = [];
      tests.push(this);
    }

    step(steps, thisValue = this, ...args) {
      if (this.isDone) return undefined;
      try {
        return Reflect.apply(steps, thisValue, args);
      } catch (error) {
        this.fail(error);
        return undefined;
      }
    }

    step_func(steps) {
      const test = this;
      return function stepFunction(...args) { return test.step(steps, this, ...args); };
    }

    step_func_done(steps = () => {}) {
      const test = this;
      return function stepFunction(...args) {
        test.step(steps, this, ...args);
        test.done();
      };
    }

    step_timeout(steps, milliseconds) {
      return setTimeout(this.step_func(steps), milliseconds);
    }

    unreached_func(description) {
      return this.step_func(() => scope.assert_unreached(description));
    }

    add_cleanup(steps) { this.cleanups.push(steps); }

    fail(error) {
      if (this.isDone) return;
      this.status = error instanceof OptionalFeatureUnsupportedError ? PRECONDITION_FAILED : FAIL;
      this.message = describe(error);
      this.stack = error?.stack ?? null;
      this.done();
    }

    done() {
      if (this.isDone) return;
      this.isDone = true;
      if (this.status === NOTRUN) this.status = PASS;
      for (const cleanup of this.cleanups) cleanup();
      for (const callback of resultCallbacks) callback(this);
      completeIfDone();
    }
  }

  function describe(error) {
    if (error instanceof AssertionError) return error.message;
    return error instanceof Error || error instanceof DOMException ? `${error.name}: ${error.message}` : String(error);
  }

  function completeIfDone() {
    if (completed || !allLoaded || !tests.every((test) => test.isDone)) return;
    completed = true;
    for (const callback of completionCallbacks) callback(tests, harnessStatus);
  }

  function failHarness(message) {
    if (completed || allowUncaughtException) return;
    harnessStatus.status = ERROR;
    harnessStatus.message = message;
    for (const test of tests) test.isDone = true;
    allLoaded = true;
    completeIfDone();
  }
  scope.addEventListener('error', (event) => failHarness(event.message));
  scope.addEventListener('unhandledrejection', (event) => failHarness(`Unhandled rejection: ${event.reason}`));

  function check(isSo, description, message) {
    if (!isSo) throw new AssertionError(description === undefined ? message() : `${description}: ${message()}`);
  }

  function show(value) {
    if (typeof value === 'string') return JSON.stringify(value);
    if (Object.is(value, -0)) return '-0';
    if (Array.isArray(value) || ArrayBuffer.isView(value)) return `[${Array.from(value, show).join(', ')}]`;
    return String(value);
  }

  function checkThrown(error, name, description) {
    check(error instanceof DOMException, description, () => `${show(error)} is no DOMException`);
    check(error.name === name, description, () => `expected ${name}, got ${error.name}`);
  }

  function thrownBy(steps, description) {
    try {
      steps();
    } catch (error) {
      return error;
    }
    return check(false, description, () => 'nothing is thrown');
  }

  async function reasonOf(promise, description) {
    try {
      await promise;
    } catch (error) {
      return error;
    }
    return check(false, description, () => 'the promise is not rejected');
  }

  Object.assign(scope, {
    setup(properties) {
      if ('allow_uncaught_exception' in properties) allowUncaughtException = properties.allow_uncaught_exception;
    },
    // In a page: takes over the results of a worker that runs the tests.
    fetch_tests_from_worker(worker) {
      worker.addEventListener('message', ({ data }) => {
        Object.assign(harnessStatus, data.status);
        for (const result of data.tests) {
          const test = new Test(result.name);
          Object.assign(test, result, { isDone: true });
          for (const callback of resultCallbacks) callback(test);
        }
        scope.done();
      });
    },
    test(steps, name) {
      const test = new Test(name);
      test.step(steps, test, test);
      test.done();
    },
    async_test(steps, name) {
      const test = new Test(name);
      test.step(steps, test, test);
      return test;
    },
    promise_test(steps, name) {
      const test = new Test(name);
      promiseTests = promiseTests.then(async () => {
        try {
          await steps(test);
        } catch (error) {
          test.fail(error);
        }
        test.done();
      });
    },
    add_result_callback(callback) { resultCallbacks.push(callback); },
    add_completion_callback(callback) { completionCallbacks.push(callback); },
    done() {
      allLoaded = true;
      completeIfDone();
    },
    timeout() {
      harnessStatus.status = TIMEOUT;
      for (const test of tests.filter(({ isDone }) => !isDone)) {
        test.status = TIMEOUT;
        test.done();
      }
    },
    assert_true(actual, description) { check(actual === true, description, () => `expected true, got ${show(actual)}`); },
    assert_false(actual, description) { check(actual === false, description, () => `expected false, got ${show(actual)}`); },
    assert_equals(actual, expected, description) {
      check(Object.is(actual, expected), description, () => `expected ${show(expected)}, got ${show(actual)}`);
    },
    assert_not_equals(actual, unexpected, description) {
      check(!Object.is(actual, unexpected), description, () => `got ${show(actual)}`);
    },
    assert_array_equals(actual, expected, description) {
      const same = actual.length === expected.length && Array.from(actual).every((item, i) => Object.is(item, expected[i]));
      check(same, description, () => `expected ${show(expected)}, got ${show(actual)}`);
    },
    assert_unreached(description) { check(false, description, () => 'this is not to be reached'); },
    assert_implements_optional(condition, description) {
      if (!condition) throw new OptionalFeatureUnsupportedError(description);
    },
    assert_throws_js(constructor, steps, description) {
      const error = thrownBy(steps, description);
      check(error?.constructor === constructor, description, () => `expected a ${constructor.name}, got ${show(error)}`);
    },
    assert_throws_dom(name, steps, description) { checkThrown(thrownBy(steps, description), name, description); },
    assert_throws_exactly(expected, steps, description) {
      scope.assert_equals(thrownBy(steps, description), expected, description);
    },
    async promise_rejects_exactly(test, expected, promise, description) {
      scope.assert_equals(await reasonOf(promise, description), expected, description);
    },
    async promise_rejects_js(test, constructor, promise, description) {
      const error = await reasonOf(promise, description);
      check(error?.constructor === constructor, description, () => `expected a ${constructor.name}, got ${show(error)}`);
    },
    async promise_rejects_dom(test, name, promise, description) {
      checkThrown(await reasonOf(promise, description), name, description);
    },
  });

  if (typeof scope.document === 'object') {
    // A page is loaded as a whole; the tests of a worker are fetched.
    scope.addEventListener('load', () => { if (tests.length > 0) scope.done(); });
  } else if (typeof scope.postMessage === 'function') {
    completionCallbacks.push((all, status) => {
      const results = all.map(({ name, status: code, message, stack }) => ({ name, status: code, message, stack }));
      scope.postMessage({ tests: results, status: { ...status } });
    });
  }
})(self);

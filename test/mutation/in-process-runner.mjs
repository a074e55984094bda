import { performance } from "node:perf_hooks";
import { clearTimeout, setTimeout } from "node:timers";
import { configureGlobal } from "fast-check";
import { bundleTest, findTests, testPath } from "./bundle-tests.mjs";
import { pureTests } from "./pure-parts.mjs";
import { endTests, runTest } from "./test-api.mjs";

const testTimeoutMilliseconds = 30_000;

// Properties see the same few examples for each mutant, and one that fails is enough: nobody reads the smallest.
configureGlobal({ seed: 1, numRuns: 25, endOnFailure: true });

/**
 * Runs the tests that reach a mutant in this process. A worker of vitest needs about a second to begin, and the tests of
 * a pure part some milliseconds. Source: the interface `TestRunner` of @stryker-mutator/api.
 */
class InProcessRunner {
  /** What Stryker's switches in the instrumented code read. */
  #state = (globalThis.__stryker__ ??= {});
  #bundles = [];

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    for (const file of findTests(pureTests)) this.#bundles.push(await bundleTest(file));
  }

  async dryRun({ files }) {
    this.#state.activeMutant = undefined;
    this.#state.hitLimit = undefined;
    const tests = [];
    const reaches = ({ modules }) => files === undefined || files.some((path) => modules.has(path));
    for (const { file, collect } of this.#bundles.filter(reaches)) {
      const found = collect();
      for (const [index, test] of found.entries()) tests.push(await this.#tryTest(test, file, index));
      await endTests(found);
    }
    return { status: "complete", tests, mutantCoverage: this.#state.mutantCoverage };
  }

  async #tryTest(test, file, index) {
    const id = testId(file, index);
    const startedAt = performance.now();
    this.#state.currentTestId = id;
    const failure = await findFailure(test);
    this.#state.currentTestId = undefined;
    const about = {
      id,
      name: test.name,
      fileName: testPath(file),
      timeSpentMs: performance.now() - startedAt,
    };
    return failure === undefined ? { ...about, status: 0 } : { ...about, status: 1, failureMessage: failure };
  }

  async mutantRun({ testFilter, activeMutant, mutantActivation, sandboxFileName, hitLimit }) {
    const isWanted = (id) => testFilter === undefined || testFilter.includes(id);
    const reaches = ({ file, modules }) =>
      testFilter?.some((id) => id.startsWith(testId(file, ""))) ?? modules.has(sandboxFileName);
    Object.assign(this.#state, { hitCount: 0, hitLimit });
    let nrOfTests = 0;
    for (const { file, collect } of this.#bundles.filter(reaches)) {
      this.#state.activeMutant = mutantActivation === "static" ? activeMutant.id : undefined;
      const { killedBy, failure, count } = await this.#runTests(file, collect, { activeMutant, isWanted });
      nrOfTests += count;
      if (this.#state.hitCount > hitLimit)
        return { status: "timeout", reason: "It goes round without an end." };
      if (failure !== undefined)
        return { status: "killed", killedBy: [killedBy], failureMessage: failure, nrOfTests };
    }
    return { status: "survived", nrOfTests };
  }

  async #runTests(file, collect, { activeMutant, isWanted }) {
    let tests = [];
    let count = 0;
    try {
      tests = collect();
      this.#state.activeMutant = activeMutant.id;
      for (const [index, test] of tests.entries()) {
        const id = testId(file, index);
        if (!isWanted(id)) continue;
        count += 1;
        const failure = await findFailure(test);
        if (failure !== undefined) return { killedBy: id, failure, count };
      }
    } catch (error) {
      return { killedBy: testId(file, 0), failure: messageOf(error), count };
    } finally {
      await endTests(tests).catch(() => undefined);
      this.#state.activeMutant = undefined;
    }
    return { count };
  }
}

const testId = (file, index) => `${file}#${index}`;

const messageOf = (error) => (error instanceof Error ? error.message : String(error)) || "failed";

/** Why the test fails; undefined if it passes. */
async function findFailure(test) {
  let timer;
  const timeout = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("timed out")), testTimeoutMilliseconds);
  });
  try {
    await Promise.race([runTest(test), timeout]);
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    clearTimeout(timer);
  }
}

const createRunner = () => new InProcessRunner();

export const strykerPlugins = [{ kind: "TestRunner", name: "in-process", factory: createRunner }];

import {
  chai,
  getState,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";

// What tests import from vitest, in this process: its own assertions, and as much of its runner as the pure tests use.

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);
export const expect = Object.assign((value, message) => chai.expect(value, message), chai.expect);
globalThis[GLOBAL_EXPECT] = expect;
setState({ assertionCalls: 0, isExpectingAssertions: false, ...getState(expect) }, expect);

/** Types were checked by the compiler. */
const checked = new Proxy(() => checked, { get: () => checked });
export const expectTypeOf = () => checked;

/** The suites around what is being registered, outermost first. */
let suites = [];
let registered = [];

/** What `load` registers. */
export function collectTests(load) {
  registered = [];
  suites = [createSuite("")];
  load();
  return registered;
}

const createSuite = (name) => ({
  name,
  beforeAll: [],
  beforeEach: [],
  afterEach: [],
  afterAll: [],
  hasBegun: false,
});

export function test(name, ...rest) {
  const run = rest.find((given) => typeof given === "function");
  const names = [...suites.slice(1).map((suite) => suite.name), name];
  registered.push({ name: names.join(" > "), run, suites: [...suites] });
}

export function describe(name, ...rest) {
  suites.push(createSuite(name));
  rest.find((given) => typeof given === "function")();
  suites.pop();
}

const withEach =
  (register) =>
  (cases) =>
  (name, ...rest) => {
    const run = rest.find((given) => typeof given === "function");
    for (const [index, given] of cases.entries()) {
      const values = Array.isArray(given) ? given : [given];
      register(`${name} [${index}]`, () => run(...values));
    }
  };
test.each = withEach(test);
describe.each = withEach(describe);

const addHook = (kind) => (hook) => {
  suites.at(-1)[kind].push(hook);
};
export const [beforeAll, beforeEach, afterEach, afterAll] = [
  "beforeAll",
  "beforeEach",
  "afterEach",
  "afterAll",
].map(addHook);

/** What the running test wants to be done after it. */
let endings = [];
export const onTestFinished = (ending) => {
  endings.push(ending);
};

export async function runTest({ run, suites: around }) {
  endings = [];
  for (const suite of around.filter(({ hasBegun }) => !hasBegun)) {
    suite.hasBegun = true;
    for (const hook of suite.beforeAll) await hook();
  }
  try {
    for (const hook of around.flatMap((suite) => suite.beforeEach)) await hook();
    await run();
  } finally {
    for (const hook of around.toReversed().flatMap((suite) => suite.afterEach)) await hook();
    for (const ending of endings.reverse()) await ending();
  }
}

/** After the last test that is run: removes what `beforeAll` made. */
export async function endTests(tests) {
  const begun = new Set(tests.flatMap(({ suites: around }) => around.filter(({ hasBegun }) => hasBegun)));
  for (const hook of [...begun].reverse().flatMap(({ afterAll: hooks }) => hooks)) await hook();
}

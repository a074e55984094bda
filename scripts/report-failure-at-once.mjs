/**
 * A reporter for vitest, whose own ones say why a test failed only when the last has ended: in a full run that is hours
 * later, and never if the run is stopped.
 */
export default class ReportFailureAtOnce {
  onTestCaseResult(testCase) {
    report(`${testCase.module.relativeModuleId} > ${testCase.fullName}`, testCase.result().errors ?? []);
  }

  onTestSuiteResult(suite) {
    report(`${suite.module.relativeModuleId} > ${suite.fullName}`, suite.errors());
  }

  onTestModuleEnd(module) {
    report(module.relativeModuleId, module.errors());
  }
}

function report(name, errors) {
  for (const { message, stack, diff } of errors) {
    console.error(
      ["", `FAILED ${name}`, stack ?? message, diff].filter((line) => line !== undefined).join("\n"),
    );
  }
}

import { isEnvironmentError } from "../../platform/environment-error.ts";
import type { Finding, FindingCode, UnverifiedFinding } from "../finding.ts";
import type { UnreadPlace } from "../../platform/unread-path.ts";

/** Collects what one probe finds. The same fault at the same path is reported once. */
export class ProbeNotes {
  readonly findings: Finding[] = [];
  readonly unread: UnreadPlace[] = [];
  readonly unverified: UnverifiedFinding[] = [];
  readonly #isShared: boolean;

  /** `isShared` if the repository belongs to all slots of a pool. */
  constructor({ isShared }: { isShared: boolean }) {
    this.#isShared = isShared;
  }

  report(code: FindingCode, path: string, expected: string, found: string): void {
    this.add({ code, path, expected, found, depth: "probe" });
  }

  add(finding: Finding): void {
    const { code, path } = finding;
    if (this.findings.some((known) => known.code === code && known.path === path)) return;
    this.findings.push(this.#finding(finding));
  }

  addUnverified(
    question: UnverifiedFinding["question"],
    finding: Omit<Finding, "depth">,
    about: Pick<UnverifiedFinding, "commit" | "settings"> = {},
  ): void {
    this.unverified.push({ question, ...about, finding: this.#finding({ ...finding, depth: "plumbing" }) });
  }

  /** Something that was not looked at. */
  skip(path: string, detail: string): void {
    this.unread.push({ path, detail });
  }

  /** An error of reading: `unread` if it is the environment's, a fault if it is the file's. */
  reportUnreadable(code: FindingCode, path: string, errorCode: string): void {
    if (isEnvironmentError(errorCode)) this.skip(path, errorCode);
    else this.report(code, path, "a readable file", errorCode);
  }

  #finding(finding: Finding): Finding {
    return this.#isShared ? { ...finding, isShared: true } : finding;
  }
}

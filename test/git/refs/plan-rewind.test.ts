import { describe, expect, test } from "vitest";
import { planRewind, type RewindFacts } from "../../../src/git/refs/plan-rewind.ts";

const id = (digit: string): string => digit.repeat(40);
const [none, old, middle, lost, others] = ["0", "1", "2", "3", "4"].map(id) as [
  ...[string, string, string, string, string],
];
const main = "refs/heads/main";
const logOf = (...ids: string[]) =>
  ids.slice(1).map((newId, index) => ({ oldId: ids[index] ?? "", newId, who: "A", message: "" }));

interface Given extends Partial<Omit<RewindFacts, "tips">> {
  readonly refs?: Record<string, string>;
  readonly head?: string;
  readonly logs?: Record<string, ReturnType<typeof logOf>>;
  readonly remote?: Record<string, string>;
}

/** A repository in which all but one commit is whole, with HEAD on main. */
const plan = ({ refs = { [main]: lost }, head, logs = {}, remote = {}, ...given }: Given) =>
  planRewind({
    tips: { refs: new Map(Object.entries(refs)), head, reflogs: new Map(Object.entries(logs)) },
    whole: new Set([old, middle, others]),
    ...{ currentRef: main, headLogPath: "/logs/HEAD", reflogPath: (ref) => `/logs/${ref}` },
    remoteRefs: new Map(Object.entries(remote)),
    ...given,
  });

describe("a ref that names what is lost", () => {
  test("goes back to the newest whole commit of its reflog", () => {
    const logs = { [`/logs/${main}`]: logOf(none, old, middle, lost) };
    expect(plan({ logs })).toMatchObject({ refs: new Map([[main, middle]]), losesHead: false });
  });

  test("goes back to where its oldest entry began", () => {
    expect(plan({ logs: { [`/logs/${main}`]: logOf(old, lost) } }).refs.get(main)).toBe(old);
  });

  test("is told by HEAD's reflog if it is checked out and has none of its own", () => {
    const logs = { "/logs/HEAD": logOf(none, old, lost) };
    expect(plan({ logs }).refs.get(main)).toBe(old);
    expect(plan({ logs, currentRef: "refs/heads/topic" }).refs.get(main)).toBeUndefined();
    const own = { ...logs, [`/logs/${main}`]: logOf(none, middle, lost) };
    expect(plan({ logs: own }).refs.get(main)).toBe(middle);
  });

  test("is not told by HEAD's reflog if its own names nothing whole", () => {
    const logs = { "/logs/HEAD": logOf(none, old), [`/logs/${main}`]: logOf(none, lost) };
    expect(plan({ logs })).toMatchObject({ refs: new Map([[main, undefined]]), losesHead: true });
  });

  test("goes to what the remote has under its name, and then to what is remembered of the remote", () => {
    const tracking = { "refs/remotes/origin/main": others };
    const refs = { [main]: lost, ...tracking };
    expect(plan({ refs, remote: { [main]: middle } }).refs.get(main)).toBe(middle);
    expect(plan({ refs, remote: { [main]: lost } }).refs.get(main)).toBe(others);
    const both = { [main]: old, "refs/remotes/origin/main": lost };
    expect(plan({ refs: both, remote: { [main]: middle } }).refs).toEqual(
      new Map([["refs/remotes/origin/main", middle]]),
    );
  });

  test("goes to the remote's HEAD only if it is checked out", () => {
    const topic = "refs/heads/topic";
    const given = { refs: { [topic]: lost }, remote: { HEAD: middle } };
    expect(plan({ ...given, currentRef: topic }).refs.get(topic)).toBe(middle);
    expect(plan(given).refs.get(topic)).toBeUndefined();
    const remembered = { refs: { [topic]: lost, "refs/remotes/origin/HEAD": others } };
    expect(plan({ ...remembered, currentRef: topic }).refs.get(topic)).toBe(others);
    expect(plan(remembered).refs.get(topic)).toBeUndefined();
  });

  test("is a tag, and goes to the remote's tag alone", () => {
    const tag = "refs/tags/v1";
    expect(plan({ refs: { [tag]: lost }, remote: { [tag]: old } }).refs.get(tag)).toBe(old);
    const branches = { "refs/heads/refs/tags/v1": middle, "refs/heads/v1": middle };
    expect(plan({ refs: { [tag]: lost }, remote: branches }).refs.get(tag)).toBeUndefined();
  });

  test("keeps a name that holds refs/heads inside", () => {
    const name = "refs/heads/a/refs/heads/b";
    expect(plan({ refs: { [name]: lost }, remote: { [name]: old } }).refs.get(name)).toBe(old);
  });
});

test("what is whole stays, and a sound reflog is not written", () => {
  const logs = { [`/logs/${main}`]: logOf(none, old, middle) };
  expect(plan({ refs: { [main]: middle }, logs })).toEqual({
    ...{ refs: new Map(), head: undefined, reflogs: new Map(), losesHead: false },
  });
});

describe("a detached HEAD", () => {
  const detached = { refs: {}, currentRef: undefined };

  test("stays on a whole commit", () => {
    const logs = { "/logs/HEAD": logOf(none, middle, old) };
    expect(plan({ ...detached, head: middle, logs })).toMatchObject({ head: middle, losesHead: false });
  });

  test("goes back to the newest whole commit of its reflog", () => {
    const logs = { "/logs/HEAD": logOf(none, old, lost) };
    expect(plan({ ...detached, head: lost, logs })).toMatchObject({ head: old, losesHead: false });
  });

  test("leads nowhere if its reflog names nothing whole", () => {
    expect(plan({ ...detached, head: lost })).toMatchObject({ head: undefined, losesHead: true });
  });
});

test("HEAD leads nowhere if nothing is known of its branch, not if another branch is lost", () => {
  expect(plan({})).toMatchObject({ refs: new Map([[main, undefined]]), losesHead: true });
  expect(plan({ currentRef: "refs/heads/topic" }).losesHead).toBe(false);
  expect(plan({ currentRef: undefined }).losesHead).toBe(false);
});

test("reflog lines that name what is lost go, of every reflog, and the rest stays", () => {
  const logs = {
    "/logs/HEAD": logOf(none, old, lost, middle),
    "/logs/sound": logOf(none, old),
    "/logs/lost": logOf(none, lost),
    "/logs/from": logOf(lost, old),
  };
  const { reflogs } = plan({ logs });
  expect(
    [...reflogs].map(([path, entries]) => [path, entries.map(({ oldId, newId }) => [oldId, newId])]),
  ).toEqual([
    [
      "/logs/HEAD",
      [
        [none, old],
        [old, middle],
      ],
    ],
    ["/logs/lost", []],
    ["/logs/from", [[none, old]]],
  ]);
});

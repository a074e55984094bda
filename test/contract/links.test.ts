import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const tracked = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
})
  .split("\0")
  .filter((path) => existsSync(path));
const pages = tracked.filter((path) => path.endsWith(".md") && !path.startsWith(".github/"));

interface Link {
  readonly page: string;
  readonly target: string;
  readonly anchor: string | undefined;
}

/** Relative links of a page, its fenced blocks left out. */
function readLinks(page: string): Link[] {
  const text = readFileSync(page, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = "", anchor] = link.split("#");
      return { page, target: path === "" ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** The anchors that GitHub gives to the headings of a page. */
function readAnchors(page: string): Set<string> {
  const headings = [...readFileSync(page, "utf8").matchAll(/^#+ +(.+)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

const links = pages.flatMap(readLinks);

test("every link of a page leads to a file and a heading that are there", () => {
  expect(links.length).toBeGreaterThan(100);
  const dead = links.filter(
    ({ target, anchor }) =>
      !existsSync(target) ||
      (anchor !== undefined && target.endsWith(".md") && !readAnchors(target).has(anchor)),
  );
  expect(dead).toEqual([]);
});

test("every page of the documentation is at most two links away from README", () => {
  const next = (reached: ReadonlySet<string>): Set<string> =>
    new Set([...reached, ...links.filter(({ page }) => reached.has(page)).map(({ target }) => target)]);
  const reached = next(next(new Set(["README.md"])));
  const documents = pages.filter((page) => page.startsWith("docs/"));
  const isDetail = (page: string): boolean => /^docs\/(runbooks|decisions)\/./.test(page);
  expect(documents.filter((page) => !isDetail(page) && !reached.has(page))).toEqual([]);
  const details = documents.filter((page) => isDetail(page) && !next(reached).has(page));
  expect(details).toEqual([]);
});

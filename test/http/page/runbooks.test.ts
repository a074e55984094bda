import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { corruptionReasons } from "../../../src/anomalies/corruption-reason.ts";
import { renderMarkdown } from "../../../src/http/page/markdown.ts";
import { aServer } from "../a-server.ts";
import { usersConfig } from "../credentials.ts";
import { fakeHttpDependencies } from "../fake-http-dependencies.ts";

const names = readdirSync("docs/runbooks").map((file) => file.replace(".md", ""));

test.each(names)("the runbook %s is a page, with all of its Markdown made markup", async (name) => {
  const { dependencies } = fakeHttpDependencies();
  const { get } = await aServer(dependencies);
  const response = await get(`/runbooks/${name}`);
  const page = await response.text();
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(page).toMatch(new RegExp(`<h1>${name}</h1><p>Run the commands .* <code>--config.file FILE</code>`));
  const prose = page
    .replace(/^[^]*<main/, "")
    .replaceAll(/<pre[\s\S]*?<\/pre>|<code>.*?<\/code>|&#\d+;/g, "");
  expect(prose).not.toMatch(/[`|#]|\]\(|\*\*|\[U\+/);
  for (const [, target = ""] of prose.matchAll(/<a href="(RepoPool\w+)"/g)) expect(names).toContain(target);
});

test("what is no runbook is 404, and a runbook is closed where reads are", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { get } = await aServer(dependencies);
  for (const name of ["RepoPoolNothing", "..%2f..%2fpackage", "RepoPoolExhausted.md", "constructor"])
    expect([name, (await get(`/runbooks/${name}`)).status]).toEqual([name, 404]);
  const closed = await aServer(dependencies, { webConfig: usersConfig });
  expect((await closed.get("/runbooks/RepoPoolExhausted")).status).toBe(401);
});

test("the meanings of the reasons are a page, each at an anchor of its name", async () => {
  const { get } = await aServer(fakeHttpDependencies().dependencies);
  const page = await (await get("/reasons")).text();
  for (const reason of corruptionReasons)
    expect(page).toContain(`<td id="${reason}"><code>${reason}</code></td>`);
  expect(page).not.toContain("Generated from");
});

test("code keeps its lines and its empty ones, and nothing is taken for markup", () => {
  const { markup } = renderMarkdown(
    "# T\n\n```sh\na <b>\n\nc\n```\n\n- one\n- two `<x>`\n\nend [a](RepoPoolX.md)",
  );
  expect(markup.replaceAll(/>\s+</g, "><")).toBe(
    '<h1>T</h1><pre tabindex="0"><code>a &lt;b&gt;\n\nc</code></pre>' +
      '<ul class="text"><li>one</li><li>two <code>&lt;x&gt;</code></li></ul><p>end <a href="RepoPoolX">a</a></p>',
  );
});

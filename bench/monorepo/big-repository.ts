import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { git } from "../../test/kit/real-pool.ts";

export interface RepositorySize {
  readonly files: number;
  readonly commits: number;
  readonly branches: number;
  readonly tags: number;
}

const filesPerFolder = 10;
const foldersPerModule = 10;
const modulesPerPackage = 20;
const branchTeams = 50;
/** No two contents can be told by each other: the worst that a pack can hold. */
const contentBytes = (index: number): number => 700 + ((index * 37) % 1600);

export function pathOfFile(index: number): string {
  const folder = Math.floor(index / filesPerFolder);
  const module = Math.floor(folder / foldersPerModule);
  const name = `package${Math.floor(module / modulesPerPackage)}/src/module${module % modulesPerPackage}`;
  return `${name}/part${folder % foldersPerModule}/file${index}.ts`;
}

/** Fills a bare repository by `git fast-import`: a deep tree, a history of small commits, branches and tags. */
export async function fillRepository(bare: string, size: RepositorySize): Promise<void> {
  const importer = spawn("git", ["-C", bare, "fast-import", "--quiet", "--done"], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const closed = once(importer, "close");
  for (const part of describeRepository(size))
    if (!importer.stdin.write(part)) await once(importer.stdin, "drain");
  importer.stdin.end();
  await closed;
  git(bare, "pack-refs", "--all");
}

function* describeRepository({ files, commits, branches, tags }: RepositorySize): Generator<string | Buffer> {
  yield beginCommit(1);
  for (let index = 0; index < files; index++) yield fileLine(index);
  for (let commit = 2; commit <= commits; commit++) {
    yield beginCommit(commit);
    yield fileLine((commit * 7919) % files);
  }
  const any = (number: number): number => 1 + ((number * 7919) % commits);
  for (let number = 0; number < branches; number++)
    yield `reset refs/heads/team${number % branchTeams}/feature-${number}\nfrom :${any(number)}\n\n`;
  for (let number = 0; number < tags; number++)
    yield number % 2 === 0
      ? `tag v${number}\nfrom :${any(number)}\ntagger a <a@example.invalid> 1700000000 +0000\ndata 3\ntag\n`
      : `reset refs/tags/v${number}\nfrom :${any(number)}\n\n`;
  yield "done\n";
}

function beginCommit(mark: number): string {
  return `commit refs/heads/main\nmark :${mark}\ncommitter a <a@example.invalid> ${1_700_000_000 + mark * 60} +0000\ndata 2\nc\n`;
}

function fileLine(index: number): Buffer {
  const content = randomBytes(contentBytes(index));
  const header = `M 100644 inline ${pathOfFile(index)}\ndata ${content.length}\n`;
  return Buffer.concat([Buffer.from(header), content, Buffer.from("\n")]);
}

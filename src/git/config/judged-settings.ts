import type { GitConfig, GitSetting } from "./git-config.ts";

/** Sections in which git reads booleans, numbers, colours and words, for commands that every agent runs. */
const judgedSections: ReadonlySet<string> = new Set(
  (
    "add advice author branch checkout clean color column commit commitgraph committer core diff extensions feature fetch " +
    "format fsck gc gpg grep i18n index log maintenance merge pack protocol pull push rebase receive remote repack rerere sparse " +
    "splitindex stash status submodule tag transfer user worktree"
  ).split(" "),
);
/**
 * What git may be given nothing of: it names a program, a file or another place. That it is bare, if its work tree is,
 * and its format are judged by what they say.
 */
const keptBack = new RegExp(
  [
    "^core\\.(?:bare|repositoryformatversion|worktree|fsmonitor|hookspath|sshcommand|gitproxy|editor|pager|askpass)$",
    "^extensions\\.(?!preciousobjects$|worktreeconfig$)",
    "^core\\.(?:attributesfile|excludesfile|alternaterefscommand|alternaterefsprefixes|notesref)$",
    "^remote\\..*\\.(?!fetch$|push$|prune$|prunetags$|mirror$|skipdefaultupdate$|skipfetchall$|promisor$)",
    "^(?:gpg|merge|submodule)\\..*\\.|^diff\\..*\\.(?!binary$|cachetextconv$)",
    "^(?!advice\\.).*\\.(?:\\w*(?:command|hook)|cmd|path|orderfile|program|template|external|\\w*uri|url|skiplist|update)$",
  ].join("|"),
);
/** Settings of nearly every repository, which every git reads: git need not be asked. */
const plainSettings: readonly (readonly [RegExp, RegExp])[] = [
  [/^(?:core\.(?:filemode|ignorecase|logallrefupdates|precomposeunicode|symlinks))$/, /^(?:true|false)$/],
  [/^extensions\.(?:preciousobjects|worktreeconfig)$/, /^(?:true|false)$/],
  [/^(?:user\.(?:name|email)|branch\..*\.(?:remote|merge|description))$/, /^/],
  [/^remote\..*\.fetch$/, /^\+?refs\/heads\/\*:refs\/remotes\/[\w-]+\/\*$/],
];

/** Those that git may read in a way that stops it; empty for a configuration as `git clone` writes it. */
export function selectJudgedSettings({ settings }: Pick<GitConfig, "settings">): readonly GitSetting[] {
  return settings.filter(({ name, value }) => {
    // Without a value it names nothing, and git refuses most settings without one.
    if (value === undefined) return !/^(?:includeif\.|core\.(?:bare|worktree)$)/.test(name);
    if (!judgedSections.has(name.slice(0, name.indexOf("."))) || keptBack.test(name)) return false;
    return !plainSettings.some(([names, values]) => names.test(name) && values.test(value));
  });
}

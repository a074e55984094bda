#!/usr/bin/env bash
# libgit2 1.9.0, through es-git 0.6.0 (Node.js 20.20, git 2.39): a branch that a linked worktree rebases can be deleted.
# HEAD is detached there meanwhile, and libgit2 looks at HEAD alone; git reads rebase-merge/head-name too and refuses.
# After that the rebase cannot end: `git rebase --continue` fails each time at the update of the branch, and the work
# that is rebased is on no branch.
# Seen: "git: refused", "libgit2: deleted", "git rebase --continue: failed, failed; branches with the work: 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts es-git@0.6.0
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid GIT_EDITOR=true
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main main
cd main
echo base >file
git add .
git commit --quiet --message base
git worktree add --quiet -b topic ../worktree
echo main >file
git commit --quiet --all --message main
cd ../worktree
echo topic >file
git commit --quiet --all --message topic
git rebase --quiet main >/dev/null 2>&1 || true
echo resolved >file
git add file
cd ..
seen="git: $(git -C main branch --quiet -D topic 2>/dev/null && echo deleted || echo refused)"
cat >delete.cjs <<'JS'
const { openRepository } = require("es-git");
openRepository("main").then((repository) => repository.findBranch("topic", "Local").delete());
JS
node delete.cjs
seen+="
libgit2: $(git -C main show-ref --quiet --verify refs/heads/topic && echo refused || echo deleted)"
next() {
  git -C worktree rebase --continue >/dev/null 2>&1 && echo done || echo failed
}
answers="$(next), $(next)"
branches=$(git -C main for-each-ref --contains "$(git -C worktree rev-parse HEAD)" refs/heads | wc --lines)
seen+="
git rebase --continue: $answers; branches with the work: $branches"
echo "$seen"
[ "$seen" = "git: refused
libgit2: deleted
git rebase --continue: failed, failed; branches with the work: 0" ]

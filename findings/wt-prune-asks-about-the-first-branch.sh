#!/usr/bin/env bash
# @tokenbooks/wt 0.6.1 (Node.js 20.20, git 2.39): `wt prune --merged`, which "never deletes unsaved changes", removes a
# worktree with commits that no ref has. It asks whether the branch that the worktree was made with is merged, and not what
# is checked out there now: after `git switch --detach` the commits hang on the HEAD of the worktree alone, and that and
# its reflog are removed with it. The same commit on the branch keeps the worktree.
# Seen: "on the branch: worktree kept, refs with the commit: 1", "detached: worktree removed, refs with the commit: 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @tokenbooks/wt@0.6.1
export PATH=$folder/node_modules/.bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
# `wt new` needs a PostgreSQL server; this is the entry that it writes for a worktree.
register() {
  cat >.worktree-registry.json <<JSON
{
  "version": 1,
  "allocations": {
    "1": {
      "worktreePath": "$PWD/.worktrees/topic",
      "branchName": "topic",
      "dbName": "app_wt1",
      "ports": { "web": 3100 },
      "createdAt": "2026-01-01T00:00:00.000Z"
    }
  }
}
JSON
}
try() {
  git init --quiet -b main repository
  cd repository
  echo '{ "baseDatabaseName": "app", "services": [{ "name": "web", "defaultPort": 3000 }], "envFiles": [] }' >wt.config.json
  printf '%s\n' .worktrees .worktree-registry.json >.gitignore
  git add .
  git commit --quiet --message base
  git worktree add --quiet -b topic .worktrees/topic
  register
  "$@"
  git -C .worktrees/topic commit --quiet --allow-empty --message work
  work=$(git -C .worktrees/topic rev-parse HEAD)
  wt prune --merged --keep-db >/dev/null 2>../errors
  worktree=$([ -e .worktrees/topic ] && echo kept || echo removed)
  echo "worktree $worktree, refs with the commit: $(git for-each-ref --contains "$work" | wc -l)"
  cd ..
  rm -rf repository
}
seen="on the branch: $(try true)
detached: $(try git -C .worktrees/topic switch --quiet --detach)"
echo "$seen"
[ "$seen" = "on the branch: worktree kept, refs with the commit: 1
detached: worktree removed, refs with the commit: 0" ]

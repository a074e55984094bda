#!/usr/bin/env bash
# lint-staged 16.4.0 (Node.js 20.20, git 2.39): a failed check during a cherry-pick that had a conflict says "Reverting to
# original state", and CHERRY_PICK_HEAD is gone: it is reverted by `git reset --hard` and a stash, and the state of a merge
# alone is put back. `git cherry-pick --continue` then refuses, and `git commit`, once the check passes, names the committer
# as the author. A hook that only fails changes nothing.
# Seen: "plain hook: CHERRY_PICK_HEAD kept, author other", "lint-staged: CHERRY_PICK_HEAD gone, author a".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts lint-staged@16.4.0
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
echo "[ -e $folder/fixed ]" >check
echo "{ \"*\": \"sh $folder/check\" }" >lint-staged.json
try() {
  rm -f fixed
  git init --quiet -b main "$1"
  cd "$1"
  git config user.name a
  git config user.email a@example.invalid
  echo base >file
  git add .
  git commit --quiet --message base
  git checkout --quiet -b side
  echo side >file
  git commit --quiet --all --message side --author "other <other@example.invalid>"
  git checkout --quiet main
  echo main >file
  git commit --quiet --all --message main
  printf '#!/bin/sh\n%s\n' "$2" >.git/hooks/pre-commit
  chmod +x .git/hooks/pre-commit
  git cherry-pick side >/dev/null 2>&1 || true
  echo resolved >file
  git add file
  ! git commit --quiet --no-edit >/dev/null 2>&1
  state=$([ -e .git/CHERRY_PICK_HEAD ] && echo kept || echo gone)
  touch ../fixed
  git commit --quiet --no-edit >/dev/null 2>&1
  echo "CHERRY_PICK_HEAD $state, author $(git log -1 --format=%an)"
  cd ..
}
seen="plain hook: $(try plain "sh $folder/check")
lint-staged: $(try lint-staged "$folder/node_modules/.bin/lint-staged --quiet --config $folder/lint-staged.json")"
echo "$seen"
[ "$seen" = "plain hook: CHERRY_PICK_HEAD kept, author other
lint-staged: CHERRY_PICK_HEAD gone, author a" ]

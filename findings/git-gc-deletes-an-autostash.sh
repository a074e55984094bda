#!/usr/bin/env bash
# git 2.39.5 of Debian 12: the edits that `--autostash` puts aside are in a commit that only a file names, and `git gc` does
# not read that file. If the rebase or the merge waits at its conflict for longer than two weeks, gc deletes the commit.
# `--abort` then ends the operation with exit code 0 and does not bring the edits back. A stash in the list is kept.
# Source: reachable.c. It reads the files of a rebase from git 2.44 on; MERGE_AUTOSTASH is not among them in 2.55 either.
# Seen: "rebase: edits deleted, abort 0, file committed; merge: edits deleted, abort 0, file committed; stash: edits kept".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git=1:2.39.5-0+deb12u3 2>/dev/null
dpkg --extract git_*.deb root
export PATH=$folder/root/usr/bin:$PATH GIT_EXEC_PATH=$folder/root/usr/lib/git-core
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
make_repository() {
  git -c init.templateDir= init --quiet -b main "$1"
  cd "$1"
  echo committed | tee conflict file >/dev/null
  git add .
  git commit --quiet --message base
  git checkout --quiet -b side
  echo side >conflict
  git commit --quiet --all --message side
  git checkout --quiet main
  echo main >conflict
  git commit --quiet --all --message main
  echo edited >file
}
collect() {
  find .git/objects -type f -exec touch --date='20 days ago' {} +
  git gc --quiet
  git cat-file -e "$1:file" 2>/dev/null && printf 'edits kept' || printf 'edits deleted'
}
try() {
  make_repository "$1"
  git "$1" --autostash side >/dev/null 2>&1 || true
  collect "$(cat ".git/$2")"
  local code=0
  git "$1" --abort >/dev/null 2>&1 || code=$?
  echo ", abort $code, file $(cat file)"
}
seen="rebase: $(try rebase rebase-merge/autostash); merge: $(try merge MERGE_AUTOSTASH)"
seen+="; stash: $(
  make_repository stash
  git stash --quiet
  collect stash
)"
echo "$seen"
[ "$seen" = "rebase: edits deleted, abort 0, file committed; merge: edits deleted, abort 0, file committed; \
stash: edits kept" ]

#!/usr/bin/env bash
# guilt 0.36 of Debian 12 (git 2.39): in a linked worktree its patches are files below .git/worktrees/NAME/patches. Once they
# are popped, `git status` finds nothing and `git worktree remove` needs no `--force`: it deletes them with that
# directory, and no ref or file has the work any more, although the branch they belong to stays. The commit they were last
# pushed as is dangling until gc takes it. Whoever counts changes and unpushed commits finds none.
# Seen: "before: clean, 1 patch file; removed without force; after: branch kept, 0 patch files, in 0 refs, dangling".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq guilt=0.36-3 2>/dev/null
dpkg --extract guilt_*.deb root
export PATH=$folder/root/usr/bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
count_patches() {
  find main/.git -name work.patch | wc -l
}
git init --quiet -b main main
echo base >main/file
git -C main add file
git -C main commit --quiet --message base
git -C main worktree add --quiet -b topic ../tree
(
  cd tree
  guilt init
  guilt new work.patch
  echo work >file
  guilt refresh
  guilt pop --all
) >/dev/null
state=$([ -z "$(git -C tree status --porcelain)" ] && echo clean || echo changed)
seen="before: $state, $(count_patches) patch file; "
seen+=$(git -C main worktree remove ../tree 2>/dev/null && echo "removed without force" || echo refused)
branch=$(git -C main show-ref --verify --quiet refs/heads/topic && echo kept || echo gone)
refs=$(git -C main log --all --reflog --format=%h -S work -- file | wc -l)
dangling=$(git -C main fsck --no-reflogs 2>/dev/null | grep --quiet "dangling commit" && echo dangling || echo gone)
seen+="; after: branch $branch, $(count_patches) patch files, in $refs refs, $dangling"
echo "$seen"
[ "$seen" = "before: clean, 1 patch file; removed without force; after: branch kept, 0 patch files, in 0 refs, dangling" ]

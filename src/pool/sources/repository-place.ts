/** What a directory is to git, as far as its entries show. */
export type RepositoryPlace =
  | { readonly kind: "repository"; readonly directory: string; readonly commonDirectory: string }
  | { readonly kind: "bare"; readonly directory: string; readonly commonDirectory: string }
  /** A linked work tree: its `.git` file names a directory of `commonDirectory`. */
  | {
      readonly kind: "linked";
      readonly directory: string;
      readonly admin: string;
      readonly commonDirectory: string;
    }
  /** A `.git` that leads to a repository elsewhere, if to any, as a submodule's does. */
  | { readonly kind: "elsewhere"; readonly directory: string; readonly target: string | undefined }
  | { readonly kind: "none"; readonly directory: string };

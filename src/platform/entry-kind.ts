/** What kind of thing a path names, links not followed. */
export type EntryKind = "file" | "directory" | "link" | "missing" | "special file" | "unreadable";

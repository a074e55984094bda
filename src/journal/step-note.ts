/**
 * Puts on disk, before it returns, what the running step is about to change, so that the next start can finish or undo
 * it after a kill. @throws the system's error: the change must then not be made.
 */
export type StepNote = (data: Readonly<Record<string, unknown>>) => void;

import { userInfo } from "node:os";

/** Who a command acts for: the user that runs it, as the journal names him. */
export function commandOperator(): string {
  return `uid ${userInfo().uid}`;
}

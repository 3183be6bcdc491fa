import { useSyncExternalStore } from "react";

interface Question {
  readonly answer: Promise<boolean>;
  readonly settle: (isDone: boolean) => void;
}

const listeners = new Set<() => void>();
let question: Question | null = null;

function replace(next: Question | null): void {
  question = next;
  for (const listener of listeners) listener();
}

/**
 * Some calls want a second factor that was shown within the last minutes. Whichever call hears so asks here, the one
 * dialog in the frame of the page answers, and the call is made again: no screen knows of it. Calls that hear so at
 * the same time share a dialog.
 */
export function stepUp(): Promise<boolean> {
  if (question === null) {
    let settle: Question["settle"] = () => undefined;
    const answer = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    replace({ answer, settle });
    return answer;
  }
  return question.answer;
}

export function settleStepUp(isDone: boolean): void {
  question?.settle(isDone);
  replace(null);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useIsStepUpAsked = (): boolean =>
  useSyncExternalStore(subscribe, () => question !== null);

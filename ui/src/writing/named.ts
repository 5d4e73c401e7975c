/** What a prompt names of what is open, `@cell`, `@error` and `@selection`: it is sent along without being included by hand. */

import { ISelectionWatcher } from '@jupyter/chat';
import { INotebookTracker } from '@jupyterlab/notebook';
import { Selection } from 'jupyter-ai-tokens';

import { activeCell } from './sources';

const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g; // what is quoted is meant literally
const NAMED = /(?<![\w@/.\\])@(cell|error|selection)(?![\w:])/g;

export interface IOpen {
  readonly tracker: INotebookTracker | null;
  readonly selectionWatcher: ISelectionWatcher | null;
}

/** The words among "cell", "error" and "selection" that a prompt names, as the server reads it. */
export function namesOf(prompt: string): ReadonlySet<string> {
  return new Set([...prompt.replace(CODE, ' ').matchAll(NAMED)].map(match => match[1]));
}

/** What goes with `prompt`; a prompt takes one thing, and an error brings its cell. */
export function namedSelection(prompt: string, open: IOpen): Selection | null {
  const names = namesOf(prompt);
  const error = names.has('error') ? cellNow(open, true) : null;
  const cell = error ?? (names.has('cell') ? cellNow(open, false) : null);
  const source = names.has('selection') ? open.selectionWatcher?.selection?.text : undefined;
  return cell ?? (source ? { type: 'text', source } : null);
}

function cellNow({ tracker }: IOpen, withError: boolean): Selection | null {
  const cell = activeCell(tracker, withError);
  const selection = cell?.selection ?? null;
  cell?.dispose();
  return selection;
}

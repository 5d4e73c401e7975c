/** What is said of the state of completions, in a few words and at length. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { others, Status } from './wire';

export interface IState {
  /** Null: the server has said nothing yet. */
  readonly status: Status | null;
  readonly isLost: boolean;
  /** Why the last question failed. */
  readonly problem: string | null;
  readonly isEnabled: boolean;
  /** Where one writes; null if that is not known. */
  readonly language: string | null;
  readonly isLanguageOn: boolean;
}

export interface ITold {
  /** For the status bar. */
  readonly text: string;
  /** Why there are none, or where they come from. */
  readonly detail: string;
  readonly kind: 'on' | 'off' | 'failing';
}

export function tellState(state: IState, trans: Pick<TranslationBundle, '__'>): ITold {
  const { status, problem, language } = state;
  const off = (detail: string): ITold => ({
    text: trans.__('Completions off'),
    detail,
    kind: 'off'
  });
  const failing = (detail: string): ITold => ({
    text: trans.__('Completions failing'),
    detail,
    kind: 'failing'
  });
  if (!state.isEnabled) {
    return off(trans.__('They are switched off in the settings of the inline completer.'));
  }
  if (language !== null && !state.isLanguageOn) {
    return off(trans.__('They are switched off for %1.', language));
  }
  if (state.isLost) {
    return failing(trans.__('There is no connection to the server.'));
  }
  if (status === null) {
    return {
      text: trans.__('Completions'),
      detail: trans.__('Connecting to the server…'),
      kind: 'off'
    };
  }
  const reason = problem ?? status.reason ?? null;
  if (status.mode === 'none') {
    const why = reason ?? trans.__('No completion model is chosen.');
    const names = others(status).map(({ name }) => name);
    return names.length === 0
      ? off(why)
      : {
          text: names[0],
          detail: trans.__('Completions by %1. %2', names.join(', '), why),
          kind: 'on'
        };
  }
  if (reason !== null) {
    return failing(reason);
  }
  return {
    text: status.mode === 'auto' ? trans.__('Automatic') : status.name,
    detail: trans.__('Completions by %1', status.name),
    kind: 'on'
  };
}

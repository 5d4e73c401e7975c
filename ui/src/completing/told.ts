/** What is said of the state of completions, in a few words and at length. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { failed, isModelFailed, others, ProviderStatus, Status } from './wire';

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
  /** Why there are none, or where they come from and what failed. */
  readonly detail: string;
  /** `partly`: they come, and something that was to suggest failed. */
  readonly kind: 'on' | 'partly' | 'off' | 'failing';
}

type Words = Pick<TranslationBundle, '__'>;

export function tellState(state: IState, trans: Words): ITold {
  const { status, language } = state;
  if (!state.isEnabled) {
    return off(trans, trans.__('They are switched off in the settings of the inline completer.'));
  }
  if (language !== null && !state.isLanguageOn) {
    return off(trans, trans.__('They are switched off for %1.', language));
  }
  if (state.isLost) {
    return failing(trans, trans.__('There is no connection to the server.'));
  }
  if (status === null) {
    return {
      text: trans.__('Completions'),
      detail: trans.__('Connecting to the server…'),
      kind: 'off'
    };
  }
  return withFailures(tellSource(status, state.problem, trans), state, trans);
}

function off(trans: Words, detail: string): ITold {
  return { text: trans.__('Completions off'), detail, kind: 'off' };
}

function failing(trans: Words, detail: string): ITold {
  return { text: trans.__('Completions failing'), detail, kind: 'failing' };
}

/** What completes, or why nothing does. */
function tellSource(status: Status, problem: string | null, trans: Words): ITold {
  const reason = problem ?? status.reason;
  const names = others(status).map(({ name }) => name);
  if (status.mode === 'none') {
    const why = reason ?? trans.__('No completion model is chosen.');
    return names.length === 0
      ? off(trans, why)
      : {
          text: names[0],
          detail: trans.__('Completions by %1. %2', names.join(', '), why),
          kind: 'on'
        };
  }
  if (reason !== null) {
    return failing(trans, reason);
  }
  const { mode, name } = status;
  const text = mode === 'auto' ? trans.__('Automatic') : name;
  if (!isModelFailed(status)) {
    return { text, detail: trans.__('Completions by %1', name), kind: 'on' };
  }
  return names.length === 0
    ? failing(trans, '')
    : { text, detail: trans.__('Completions by %1', names.join(', ')), kind: 'on' };
}

/** The same with what failed, although something else may have answered. */
function withFailures(told: ITold, state: IState, trans: Words): ITold {
  const all = failed(state.status!);
  if (all.length === 0) {
    return told;
  }
  // Of the only one that failed the answer to one's own question says more.
  const isTold = state.problem !== null && all.length === 1;
  const lines = isTold ? [] : all.map(provider => lineOf(provider, trans));
  const detail = [told.detail, ...lines].filter(Boolean).join('\n');
  return told.kind === 'on' ? { ...told, detail, kind: 'partly' } : failing(trans, detail);
}

function lineOf({ name, reason }: ProviderStatus, trans: Words): string {
  return reason ? trans.__('%1 failed: %2', name, reason) : trans.__('%1 failed.', name);
}

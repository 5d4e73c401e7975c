/** All settings, and what is told of saving them. */

import { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { useSignal } from '../chat/hooks';
import { memoryText } from './draft';
import { Keys } from './keys';
import { ModelSection } from './model';
import { mistakeText, Problem } from './problem';
import { SettingsStore } from './store';
import { Config, MODEL_KINDS } from './wire';

interface IProps {
  readonly store: SettingsStore;
  readonly trans: TranslationBundle;
}

export function SettingsView({ store, trans }: IProps): JSX.Element {
  useSignal(store.changed);
  const config = store.config;
  return (
    <form
      className="jp-ai-settings-form"
      aria-label={trans.__('Settings of the chat')}
      aria-busy={store.isBusy}
      autoComplete="off"
      noValidate
      onSubmit={event => {
        event.preventDefault();
        void store.save();
      }}
    >
      <Told store={store} trans={trans} />
      {config === null && store.isBusy && <p role="status">{trans.__('Reading the settings…')}</p>}
      {config !== null && (
        <>
          {MODEL_KINDS.map(kind => (
            <ModelSection
              key={kind.setting}
              kind={kind}
              config={config}
              store={store}
              trans={trans}
            />
          ))}
          <Keys config={config} store={store} trans={trans} />
          <Conversation config={config} store={store} trans={trans} />
          <Foot store={store} trans={trans} />
        </>
      )}
    </form>
  );
}

/** What is wrong, on top. */
function Told({ store, trans }: IProps): JSX.Element {
  const problems = store.config?.problems ?? [];
  return (
    <div className="jp-ai-settings-told">
      {store.isConflict && (
        <div role="alert" className="jp-ai-settings-alert">
          <p>{trans.__('Somebody else has changed the settings meanwhile. Nothing was saved.')}</p>
          <button type="button" className="jp-mod-styled" onClick={() => void store.load()}>
            {trans.__('Load them again and keep what I typed')}
          </button>
        </div>
      )}
      {store.failure !== null && (
        <div role="alert" className="jp-ai-settings-alert">
          <p>{store.failure}</p>
          {store.config === null && (
            <button type="button" className="jp-mod-styled" onClick={() => void store.load()}>
              {trans.__('Try again')}
            </button>
          )}
        </div>
      )}
      {problems.length > 0 && (
        <ul className="jp-ai-settings-alert" aria-label={trans.__('What does not work')}>
          {problems.map(problem => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Conversation(props: IProps & { config: Config }): JSX.Element {
  const { config, store, trans } = props;
  const isShift = store.draft.shiftEnter ?? config.send_with_shift_enter;
  const mistake = store.mistakes.max_chat_history;
  const problem =
    mistake === undefined ? store.refused.max_chat_history : mistakeText(mistake, trans);
  return (
    <section aria-labelledby="jp-ai-settings-conversation">
      <h3 id="jp-ai-settings-conversation">{trans.__('Conversation')}</h3>
      <fieldset className="jp-ai-settings-field">
        <legend>{trans.__('What sends a message')}</legend>
        {[false, true].map(value => (
          <label key={String(value)}>
            <input
              type="radio"
              name="jp-ai-settings-sending"
              checked={isShift === value}
              onChange={() => store.edit({ ...store.draft, shiftEnter: value })}
            />
            {value
              ? trans.__('Shift+Enter (Enter begins a new line)')
              : trans.__('Enter (Shift+Enter begins a new line)')}
          </label>
        ))}
        <Problem text={store.refused.send_with_shift_enter} />
      </fieldset>
      {config.max_chat_history !== undefined && (
        <div className="jp-ai-settings-field">
          <label htmlFor="jp-ai-settings-memory">
            {trans.__('How many exchanges the model remembers')}
          </label>
          <input
            id="jp-ai-settings-memory"
            className="jp-mod-styled"
            type="text"
            inputMode="numeric"
            autoComplete="off"
            aria-describedby="jp-ai-settings-memory-note"
            aria-invalid={problem !== undefined}
            placeholder={defaultMemory(config, trans)}
            value={store.draft.memory ?? memoryText(config)}
            onChange={event => store.edit({ ...store.draft, memory: event.target.value })}
          />
          <div id="jp-ai-settings-memory-note" className="jp-ai-settings-note">
            {trans.__(
              'An exchange is a question and its answer. Blank: %1.',
              defaultMemory(config, trans)
            )}
            <Problem text={problem} />
          </div>
        </div>
      )}
    </section>
  );
}

function defaultMemory(config: Config, trans: TranslationBundle): string {
  const length = config.default_max_chat_history;
  return length === null || length === undefined
    ? trans.__('all, by default')
    : trans.__('%1, by default', String(length));
}

function Foot({ store, trans }: IProps): JSX.Element {
  const isWrong = Object.keys(store.mistakes).length > 0;
  return (
    <div className="jp-ai-settings-foot">
      <button
        type="submit"
        className="jp-mod-styled jp-mod-accept"
        disabled={!store.isDirty || isWrong || store.isBusy}
      >
        {trans.__('Save')}
      </button>
      <button
        type="button"
        className="jp-mod-styled"
        disabled={!store.isDirty || store.isBusy}
        onClick={() => store.discard()}
      >
        {trans.__('Discard')}
      </button>
      <span role="status">{footText(store, trans, isWrong)}</span>
    </div>
  );
}

function footText(store: SettingsStore, trans: TranslationBundle, isWrong: boolean): string {
  if (store.isBusy) {
    return trans.__('One moment…');
  }
  if (isWrong) {
    return trans.__('Something above cannot be saved.');
  }
  if (Object.keys(store.refused).length > 0 || store.failure !== null) {
    return trans.__('Not saved: see above.');
  }
  if (store.isDirty) {
    return trans.__('Not saved yet.');
  }
  return store.isSaved ? trans.__('Saved.') : '';
}

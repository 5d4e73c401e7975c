/** The choice of one model: its picker, its fields, and its test. */

import { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { chosenProvider, modelOf, providersOf, withModel } from './draft';
import { ProviderFields } from './fields';
import { ModelPicker } from './picker';
import { Problem } from './problem';
import { SettingsStore, TestState } from './store';
import { Config, ModelKind, ModelSetting } from './wire';

interface IProps {
  readonly kind: ModelKind;
  readonly config: Config;
  readonly store: SettingsStore;
  readonly trans: TranslationBundle;
}

export function ModelSection({ kind, config, store, trans }: IProps): JSX.Element {
  const { setting } = kind;
  const words = wordsOf(setting, trans);
  const id = `jp-ai-settings-${setting}`;
  const gid = modelOf(setting, config, store.draft);
  const provider = chosenProvider(kind, config, store.draft, store.providers);
  const fixed = config.fixed[setting];
  return (
    <section aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>
        <label htmlFor={id}>{words.title}</label>
      </h3>
      {fixed === undefined ? (
        <ModelPicker
          id={id}
          label={words.title}
          setting={setting}
          value={gid}
          none={words.none}
          providers={providersOf(setting, store.providers)}
          describedBy={`${id}-note`}
          isInvalid={store.refused[setting] !== undefined}
          trans={trans}
          onChange={value => store.edit(withModel(store.draft, setting, value))}
        />
      ) : (
        <input
          id={id}
          className="jp-mod-styled"
          type="text"
          readOnly
          value={gid ?? ''}
          aria-describedby={`${id}-note`}
        />
      )}
      <div id={`${id}-note`} className="jp-ai-settings-note">
        {fixed !== undefined && (
          <div>{trans.__('Fixed by %1; it cannot be changed here.', fixed)}</div>
        )}
        {provider !== undefined && <div>{provider.name}</div>}
        {gid !== null && provider === undefined && (
          <div>{trans.__('No provider of this model is known to the server.')}</div>
        )}
        {provider?.auth_strategy?.type === 'aws' && (
          <div>{trans.__('It uses the credentials that the tools of AWS find on the server.')}</div>
        )}
        {provider?.help && <div>{withCode(provider.help)}</div>}
        <Problem text={store.refused[setting]} />
      </div>
      {gid !== null && provider !== undefined && (
        <ProviderFields
          kind={kind}
          gid={gid}
          provider={provider}
          config={config}
          store={store}
          trans={trans}
        />
      )}
      <Test
        setting={setting}
        title={words.title}
        isChosen={gid !== null}
        store={store}
        trans={trans}
      />
    </section>
  );
}

/** A text of a provider's: what stands between backticks is code, and nothing of it is HTML. */
function withCode(text: string): React.ReactNode {
  return text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part));
}

interface ITestProps {
  readonly setting: ModelSetting;
  readonly title: string;
  readonly isChosen: boolean;
  readonly store: SettingsStore;
  readonly trans: TranslationBundle;
}

function Test({ setting, title, isChosen, store, trans }: ITestProps): JSX.Element {
  const state = store.testOf(setting);
  return (
    <div className="jp-ai-settings-test">
      <button
        type="button"
        className="jp-mod-styled"
        aria-label={trans.__('Test the %1', title)}
        disabled={!isChosen || store.isBusy || state === 'running'}
        onClick={() => void store.test(setting)}
      >
        {store.isDirty ? trans.__('Save and test') : trans.__('Test')}
      </button>
      <div role="status" data-state={stateName(state)}>
        {testText(state, trans)}
      </div>
    </div>
  );
}

function stateName(state: TestState): string {
  return typeof state === 'string' ? state : state.ok ? 'ok' : 'failed';
}

function testText(state: TestState, trans: TranslationBundle): React.ReactNode {
  if (state === 'none') {
    return null;
  }
  if (state === 'running') {
    return trans.__('Asking it for one word…');
  }
  if (state.ok) {
    return trans.__('It answered “%1” after %2 s.', state.text, String(state.seconds));
  }
  return (
    <>
      <div>{state.reason}</div>
      {state.hint !== null && <div>{state.hint}</div>}
    </>
  );
}

function wordsOf(setting: ModelSetting, trans: TranslationBundle): { title: string; none: string } {
  switch (setting) {
    case 'model_provider_id':
      return { title: trans.__('Language model'), none: trans.__('The default model') };
    case 'embeddings_provider_id':
      return { title: trans.__('Embedding model'), none: trans.__('No embedding model') };
    case 'completions_model_provider_id':
      return { title: trans.__('Completion model'), none: trans.__('No completion model') };
  }
}

/** The keys that the chosen models need: they are entered here, and never shown. */

import { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { NeededKey, neededKeys, otherKeys, withKey } from './draft';
import { Problem } from './problem';
import { SettingsStore } from './store';
import { Config, KeySource } from './wire';

interface IProps {
  readonly config: Config;
  readonly store: SettingsStore;
  readonly trans: TranslationBundle;
}

export function Keys(props: IProps): JSX.Element | null {
  const { config, store, trans } = props;
  const needed = neededKeys(config, store.draft, store.providers);
  const others = otherKeys(config, needed);
  if (needed.length + others.length === 0) {
    return null;
  }
  return (
    <section aria-labelledby="jp-ai-settings-keys">
      <h3 id="jp-ai-settings-keys">{trans.__('Keys')}</h3>
      {needed.map(key => (
        <Key key={key.name} needed={key} {...props} />
      ))}
      {others.length > 0 && (
        <details className="jp-ai-settings-others">
          <summary>{trans.__('Keys that these models do not need')}</summary>
          {others.map(name => (
            <div key={name} className="jp-ai-settings-row">
              <span>{name}</span>
              <Delete name={name} store={store} trans={trans} />
              <Problem text={store.problemOf(name)} />
            </div>
          ))}
        </details>
      )}
    </section>
  );
}

function Key({ needed, store, trans }: IProps & { needed: NeededKey }): JSX.Element {
  const { name, source, users } = needed;
  const place = `api_keys.${name}`;
  const id = `jp-ai-settings-${place}`;
  return (
    <div className="jp-ai-settings-field">
      <label htmlFor={id}>{name}</label>
      {source === 'environment' ? (
        <div id={id} className="jp-ai-settings-note">
          {trans.__('For %1.', users.join(', '))} {sourceText(source, trans)}
        </div>
      ) : (
        <>
          <div className="jp-ai-settings-row">
            <input
              id={id}
              className="jp-mod-styled"
              type="password"
              autoComplete="off"
              // Of password managers, which do not heed it.
              data-1p-ignore="true"
              data-lpignore="true"
              spellCheck={false}
              aria-describedby={`${id}-note`}
              aria-invalid={store.problemOf(name) !== undefined}
              placeholder={
                source === null ? trans.__('Enter the key') : trans.__('Enter another key')
              }
              value={store.draft.keys[name] ?? ''}
              onChange={event => store.edit(withKey(store.draft, name, event.target.value))}
            />
            {source === 'user' && <Delete name={name} store={store} trans={trans} />}
          </div>
          <div id={`${id}-note`} className="jp-ai-settings-note">
            {trans.__('For %1.', users.join(', '))} {sourceText(source, trans)}
            <Problem text={store.problemOf(name)} />
          </div>
        </>
      )}
    </div>
  );
}

function Delete(props: {
  name: string;
  store: SettingsStore;
  trans: TranslationBundle;
}): JSX.Element {
  const { name, store, trans } = props;
  return (
    <button
      type="button"
      className="jp-mod-styled"
      aria-label={trans.__('Delete %1', name)}
      disabled={store.isBusy}
      onClick={() => void store.deleteKey(name)}
    >
      {trans.__('Delete')}
    </button>
  );
}

function sourceText(source: KeySource | null, trans: TranslationBundle): string {
  switch (source) {
    case 'user':
      return trans.__('Stored. It is not shown.');
    case 'environment':
      return trans.__('From the environment of the server, where it is changed.');
    case 'administrator':
      return trans.__('Set by the administrator. One that you enter takes its place for you.');
    case null:
      return trans.__('Not set.');
  }
}

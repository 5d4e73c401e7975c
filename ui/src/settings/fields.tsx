/** What a provider asks for, beside its keys. */

import { TranslationBundle } from '@jupyterlab/translation';
import React, { useId } from 'react';

import { fieldText, isKept, withField } from './draft';
import { SettingsStore } from './store';
import { Config, HIDDEN, ModelKind, Provider, ProviderField } from './wire';
import { mistakeText, Problem } from './problem';

interface IProps {
  readonly kind: ModelKind;
  readonly gid: string;
  readonly provider: Provider;
  readonly config: Config;
  readonly store: SettingsStore;
  readonly trans: TranslationBundle;
}

/** The fields of the model that is chosen. */
export function ProviderFields(props: IProps): JSX.Element | null {
  if (props.provider.fields.length === 0) {
    return null;
  }
  return (
    <div className="jp-ai-settings-fields">
      {props.provider.fields.map(field => (
        <Field key={field.key} field={field} {...props} />
      ))}
    </div>
  );
}

function Field(props: IProps & { field: ProviderField }): JSX.Element {
  const { field, kind, gid, config, store, trans } = props;
  const place = `${kind.fields}.${gid}.${field.key}`;
  const id = useId(); // a place may hold blanks
  const typed = store.draft.fields[kind.fields]?.[gid]?.[field.key];
  const kept = isKept(kind, gid, field.key, config);
  const text = fieldText(kind, gid, field.key, config, store.draft);
  const mistake = store.mistakes[place];
  const problem = mistake === undefined ? store.refused[place] : mistakeText(mistake, trans);
  const set = (value: string | undefined): void =>
    store.edit(withField(store.draft, kind.fields, gid, field.key, value));
  const shared = {
    id,
    className: 'jp-mod-styled',
    value: text,
    autoComplete: 'off',
    spellCheck: false,
    'aria-describedby': `${id}-note`,
    'aria-invalid': problem !== undefined,
    placeholder: kept && typed === undefined ? trans.__('Stored, and not shown') : undefined,
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      // Who types into what is not shown and takes it back means what is stored.
      set(kept && event.target.value === '' ? undefined : event.target.value)
  };
  return (
    <div className="jp-ai-settings-field">
      <label htmlFor={id}>{field.label}</label>
      {field.type === 'text-multiline' ? (
        <textarea rows={4} {...shared} />
      ) : (
        <input
          type="text"
          inputMode={field.type === 'integer' ? 'numeric' : undefined}
          {...shared}
        />
      )}
      <div id={`${id}-note`} className="jp-ai-settings-note">
        {kept && typed === undefined && (
          <button type="button" className="jp-mod-styled jp-mod-minimal" onClick={() => set('')}>
            {trans.__('Remove what is stored for %1', field.label)}
          </button>
        )}
        {kept && typed === '' && trans.__('What is stored is removed when you save.')}
        {!kept && text.includes(HIDDEN) && trans.__('%1 stands for what is stored.', HIDDEN)}
        <Problem text={problem} />
      </div>
    </div>
  );
}

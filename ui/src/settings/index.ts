/** The settings of the chat: models, keys, and how one writes. */

import { ReactWidget } from '@jupyterlab/ui-components';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import React from 'react';

import { Api } from '../wire/api';
import { SettingsStore } from './store';
import { SettingsView } from './view';

export { settingsSaved } from './store';

export interface ISettingsOptions {
  readonly api: Api;
  readonly translator?: ITranslator;
}

/** A widget with all settings; it reads them when it is shown. */
export function createSettings(options: ISettingsOptions): Widget {
  return new SettingsWidget(options);
}

class SettingsWidget extends ReactWidget {
  constructor(options: ISettingsOptions) {
    super();
    this._trans = (options.translator ?? nullTranslator).load('jupyter_ai');
    this._store = new SettingsStore(options.api, this._trans);
    this.addClass('jp-ai-settings');
  }

  protected override render(): JSX.Element {
    const { _store: store, _trans: trans } = this;
    return React.createElement(SettingsView, { store, trans });
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this._store.refresh();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this._store.refresh();
  }

  private readonly _trans;
  private readonly _store: SettingsStore;
}

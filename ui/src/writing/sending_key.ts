/** Which key sends: Enter, or Shift and Enter, as the settings say. */

import { ISignal, Signal } from '@lumino/signaling';

import { Api } from '../wire/api';

/** To be emitted after the settings were saved. */
export const settingsChanged = new Signal<unknown, void>({});

export class SendingKey {
  /** The one of a server; all views share it. */
  static of(api: Api): SendingKey {
    let key = SendingKey._known.get(api);
    if (key === undefined) {
      key = new SendingKey(api);
      SendingKey._known.set(api, key);
    }
    return key;
  }

  private constructor(api: Api) {
    this._api = api;
    settingsChanged.connect(() => void this._read());
    void this._read();
  }

  /** Whether Shift and Enter sends, and Enter begins a line. */
  get withShift(): boolean {
    return this._withShift;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  private async _read(): Promise<void> {
    try {
      const config = await this._api.request<{ send_with_shift_enter?: boolean }>('config');
      this._withShift = config.send_with_shift_enter === true;
    } catch (error) {
      console.warn('The settings of the chat could not be read:', error);
      return;
    }
    this._changed.emit();
  }

  private static readonly _known = new WeakMap<Api, SendingKey>();
  private readonly _api: Api;
  private _withShift = false;
  private _changed = new Signal<this, void>(this);
}

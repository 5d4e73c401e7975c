/** Where people want suggestions: their settings, among those of JupyterLab's inline completer. */

import type { IInlineCompletionProvider } from '@jupyterlab/completer';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSONObject, JSONValue, PartialJSONObject } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';

export const PROVIDER_ID = 'jupyter-ai-ui:completions';
const PLUGIN = '@jupyterlab/completer-extension:inline-completer';
const PROSE = ['markdown', 'text'];
const MOST = 5; // what the server keeps

/** The settings as JupyterLab's panel shows them, beside its own: on and off, the delay, the time limit. */
export function schemaOf(trans: TranslationBundle): IInlineCompletionProvider['schema'] {
  return {
    properties: {
      disabledLanguages: {
        title: trans.__('Languages without suggestions'),
        description: trans.__(
          'Nothing is sent while you write in one of these: Python, C++, Plain Text, or py, cpp, txt.'
        ),
        type: 'array',
        items: { type: 'string' }
      },
      maximum: {
        title: trans.__('Number of suggestions'),
        description: trans.__('How many are offered at once; Alt+[ and Alt+] turn over.'),
        type: 'number',
        minimum: 1,
        maximum: MOST
      }
    },
    // Behind an opening bracket the line goes on, with the closing one.
    default: { autoFillInMiddle: true, disabledLanguages: PROSE, maximum: MOST }
  };
}

export class Preferences {
  /** `nameOf` gives the name that servers know for what people call a language. */
  constructor(
    private readonly _registry: ISettingRegistry | null,
    private readonly _nameOf: (language: string) => string
  ) {}

  /** Whether the provider is on in the settings. */
  get isEnabled(): boolean {
    return this._isEnabled;
  }

  /** How many suggestions are offered at most. */
  get maximum(): number {
    return this._maximum;
  }

  /** Whether they can be changed here. */
  get isChangeable(): boolean {
    return this._registry !== null;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  isOn(language: string): boolean {
    return this._isEnabled && !this._disabled.includes(language);
  }

  /** Take what JupyterLab has read. */
  configure(settings: Record<string, JSONValue> | undefined): void {
    const { enabled, disabledLanguages, maximum } = settings ?? {};
    this._isEnabled = enabled !== false;
    this._disabled = Array.isArray(disabledLanguages)
      ? disabledLanguages.filter(language => typeof language === 'string').map(this._nameOf)
      : PROSE;
    this._maximum = typeof maximum === 'number' ? maximum : MOST;
    this._changed.emit();
  }

  /** Have suggestions in a language, or none, and keep that. */
  async toggle(language: string): Promise<void> {
    const others = this._disabled.filter(other => other !== language);
    const isOff = others.length < this._disabled.length;
    await this._write({ disabledLanguages: isOff ? others : [...others, language] });
  }

  /** Have suggestions at all, or none, and keep that. */
  async toggleAll(): Promise<void> {
    await this._write({ enabled: !this._isEnabled });
  }

  private async _write(change: JSONObject): Promise<void> {
    const settings = await this._registry?.load(PLUGIN);
    const providers = settings?.get('providers').user as PartialJSONObject | undefined;
    const ours = providers?.[PROVIDER_ID] as PartialJSONObject | undefined;
    await settings?.set('providers', { ...providers, [PROVIDER_ID]: { ...ours, ...change } });
  }

  private _isEnabled = true;
  private _disabled: readonly string[] = PROSE;
  private _maximum = MOST;
  private _changed = new Signal<this, void>(this);
}

/** The settings as they are saved, what was typed, and what goes on between the two; knows nothing of React. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Draft, Mistake, Providers } from './draft';
import { mistakes, neededKeys, NOTHING, placeOf, placesOf, updateOf } from './draft';
import { explainError } from './failure';
import type { Config, ModelSetting, Provider, TestAnswer } from './wire';

/** What the settings are read from and written to. */
export interface IServer {
  request<T>(path: string, method?: string, body?: unknown): Promise<T>;
}

/** Of one model: nothing was tested, a test runs, or what became of it. */
export type TestState = 'none' | 'running' | TestAnswer;

const CONFLICT = 409;

const saved = new Signal<object, void>({});

/** Emitted after each change of the settings that was made here. */
export const settingsSaved: ISignal<object, void> = saved;

export class SettingsStore {
  constructor(
    private readonly _server: IServer,
    private readonly _trans: TranslationBundle
  ) {}

  /** As it is saved; null until it was read. */
  config: Config | null = null;
  providers: Providers = { language: [], embeddings: [] };
  draft: Draft = NOTHING;
  /** Why it could not be read, changed or deleted; and by place, what is wrong with what was typed. */
  failure: string | null = null;
  refused: Readonly<Record<string, string>> = {};
  /** Whether somebody else has saved meanwhile. */
  isConflict = false;
  /** Whether it is being read or written. */
  isBusy = false;
  /** Whether the last thing that happened is that all was saved. */
  isSaved = false;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDirty(): boolean {
    return this.config !== null && updateOf(this.config, this.draft, this.providers) !== null;
  }

  get mistakes(): Record<string, Mistake> {
    return this.config === null ? {} : mistakes(this.config, this.draft, this.providers);
  }

  testOf(setting: ModelSetting): TestState {
    return this._tests[setting] ?? 'none';
  }

  /** What is wrong with a key, as it was refused when it was saved or when a model was tested. */
  problemOf(key: string): string | undefined {
    return this.refused[`api_keys.${key}`] ?? this._wrongKeys[key];
  }

  /** Read what is saved; what was typed stays. */
  async load(): Promise<void> {
    await this._busy(async () => {
      await this._read();
      this.isConflict = false;
    });
  }

  /** Read it again, unless something was typed or is going on. */
  async refresh(): Promise<void> {
    if (!this.isBusy && !this.isDirty) {
      await this.load();
    }
  }

  edit(draft: Draft): void {
    this.draft = draft;
    this.refused = {};
    this._wrongKeys = {};
    this.isSaved = false;
    this._changed.emit();
  }

  /** Forget what was typed. */
  discard(): void {
    this.failure = null;
    this.edit(NOTHING);
  }

  /** Save what was typed; whether all is saved now. */
  async save(): Promise<boolean> {
    const config = this.config;
    if (config === null || this.isBusy || Object.keys(this.mistakes).length > 0) {
      return false;
    }
    const update = updateOf(config, this.draft, this.providers);
    if (update === null) {
      return true;
    }
    const isDone = await this._busy(async () => {
      await this._server.request('config', 'POST', update);
      this.draft = NOTHING;
      this._tests = {};
      this._wrongKeys = {};
      await this._read();
    });
    this.isSaved = isDone;
    this._changed.emit();
    if (isDone) {
      saved.emit();
    }
    return isDone;
  }

  /** Ask a model for one word; what was typed is saved before. */
  async test(setting: ModelSetting): Promise<void> {
    if (this.testOf(setting) === 'running' || !(await this.save())) {
      return;
    }
    this._wrongKeys = {};
    this._setTest(setting, 'running');
    try {
      const body = { setting };
      const answer = await this._server.request<TestAnswer>('models/test', 'POST', body);
      this._wrongKeys = this._keysIn(answer);
      this._setTest(setting, answer);
    } catch (error) {
      this._setTest(setting, { ok: false, reason: explainError(error, this._trans), hint: null });
    }
  }

  /** Forget a key that the person has stored. */
  async deleteKey(name: string): Promise<void> {
    const isDone = await this._busy(async () => {
      await this._server.request(`api_keys/${encodeURIComponent(name)}`, 'DELETE');
      await this._read();
    }, `api_keys.${name}`);
    if (isDone) {
      saved.emit();
    }
  }

  private async _read(): Promise<void> {
    const [config, language, embeddings] = await Promise.all([
      this._server.request<Config>('config'),
      this._server.request<{ providers: Provider[] }>('providers'),
      this._server.request<{ providers: Provider[] }>('providers/embeddings')
    ]);
    this.config = config;
    this.providers = { language: language.providers, embeddings: embeddings.providers };
  }

  /** Do something with the server; whether it did what it was asked for. */
  private async _busy(action: () => Promise<void>, place = ''): Promise<boolean> {
    this.isBusy = true;
    this.isSaved = false;
    this.failure = null;
    this.refused = {};
    this._changed.emit();
    try {
      await action();
      return true;
    } catch (error) {
      this._fail(error, place);
      return false;
    } finally {
      this.isBusy = false;
      this._changed.emit();
    }
  }

  private _fail(error: unknown, place: string): void {
    const text = explainError(error, this._trans);
    if ((error as { status?: number }).status === CONFLICT && place === '') {
      this.isConflict = true;
      return;
    }
    const found = place || this._placeOf(text);
    if (found === '') {
      this.failure = text;
    } else {
      this.refused = { [found]: this._textAt(found, text) };
    }
  }

  /** What is told at a place need not name it. */
  private _textAt(place: string, text: string): string {
    if (place.startsWith('api_keys.') && text.includes(' needs ')) {
      return this._trans.__('A model that is chosen needs this key. Enter it.');
    }
    return text.startsWith(`${place}: `) ? text.slice(place.length + 2) : text;
  }

  private _placeOf(text: string): string {
    if (this.config === null) {
      return '';
    }
    const keys = neededKeys(this.config, this.draft, this.providers);
    // The model is named first where a key is lacking; it is entered at the key.
    const lacking = keys.find(key => text.includes(key.name) && text.includes(' needs '));
    return lacking === undefined
      ? placeOf(text, placesOf(this.config, this.draft, this.providers))
      : `api_keys.${lacking.name}`;
  }

  /** The keys that a failed test names, with what it says of them. */
  private _keysIn(answer: TestAnswer): Record<string, string> {
    if (answer.ok || this.config === null || answer.hint === null) {
      return {};
    }
    const { hint } = answer;
    const needed = neededKeys(this.config, this.draft, this.providers);
    const named = needed.filter(({ name }) => hint.split(/\s/).includes(name));
    return Object.fromEntries(named.map(({ name }) => [name, hint]));
  }

  private _setTest(setting: ModelSetting, state: TestState): void {
    this._tests = { ...this._tests, [setting]: state };
    this._changed.emit();
  }

  private _wrongKeys: Readonly<Record<string, string>> = {};
  private _tests: Partial<Record<ModelSetting, TestState>> = {};
  private _changed = new Signal<this, void>(this);
}

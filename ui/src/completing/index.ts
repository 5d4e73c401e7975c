/** Completions as a whole: the provider, what is seen of its suggestions, the status and the commands. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { ICompletionProviderManager, IInlineCompleterFactory } from '@jupyterlab/completer';
import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandToolbarButton, MenuSvg } from '@jupyterlab/ui-components';
import { ISignal, Signal } from '@lumino/signaling';
import type { Menu } from '@lumino/widgets';

import { CommandIDs } from '../panel/commands';
import { Api, ApiError } from '../wire/api';
import { Accepted } from './accepted';
import { askAbout } from './ask';
import { CompletionClient } from './client';
import { addCompletionCommands, CompletionCommandIDs } from './commands';
import { putShortcutsFirst } from './console_keys';
import { completeIcon } from './icon';
import { languageNamed, languageTitle } from './languages';
import { ILine, linesOf } from './model_lines';
import { pickModel } from './model_picker';
import { Preferences } from './preferences';
import { Provider } from './provider';
import { StatusItem } from './status_item';
import { Subjects } from './subjects';
import type { Suggestion } from './suggestion';
import { ITold, tellState } from './told';
import { CompleterWatch } from './watch';
import type { Models } from './wire';
import { IWriting, writingIn } from './writing';

/** How long a notification of the state stays. */
const SHOWN = 15_000; // ms

export interface ICompletingOptions {
  readonly app: JupyterFrontEnd;
  readonly manager: ICompletionProviderManager;
  readonly languages: IEditorLanguageRegistry;
  readonly settings: ISettingRegistry | null;
  readonly trans: TranslationBundle;
}

export class Completing {
  constructor(private readonly _options: ICompletingOptions) {
    const { app, languages, settings, trans } = _options;
    const { serverSettings } = app.serviceManager;
    this._api = new Api(serverSettings);
    this._preferences = new Preferences(settings, name => languageNamed(name, languages));
    this._client = new CompletionClient({ connect: () => connect(serverSettings), later });
    this.provider = new Provider({
      client: this._client,
      preferences: this._preferences,
      icon: completeIcon,
      trans,
      writingIn: widget => writingIn(widget, languages)
    });
    this.statusItem = new StatusItem(() => this._createMenu());
    addCompletionCommands(app.commands, {
      preferences: this._preferences,
      trans,
      shown: () => this._shown,
      subject: () => this._subject,
      ask: () => this._ask(),
      changeModel: () => this._changeModel(),
      told: () => this._told.detail,
      showTold: () => this._showTold(),
      language: () => this._writing?.language ?? null,
      languageTitle: () => this._languageTitle
    });
    putShortcutsFirst(app.commands, () => this._shown !== null);
    this._client.changed.connect(this._update, this);
    this._client.switched.connect(() => this._watches.forEach(watch => watch.dismiss()));
    this._preferences.changed.connect(this._update, this);
    app.shell.currentChanged?.connect(this._update, this);
    window.addEventListener('online', () => this._client.retry());
    window.addEventListener('pagehide', () => this._watches.forEach(watch => watch.leave()));
    void app.restored.then(() => this._update());
  }

  readonly provider: Provider;
  readonly statusItem: StatusItem;

  /** Whether one writes where suggestions may be. */
  get isWriting(): boolean {
    return this._writing !== null;
  }

  /** Emitted when one writes elsewhere. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** See all completers that are made from now on. */
  watch(factory: IInlineCompleterFactory): void {
    const { app, trans } = this._options;
    const create = factory.factory.bind(factory);
    factory.factory = options => {
      const completer = create(options);
      completer.toolbar.addItem(
        'ask-about-completion',
        new CommandToolbarButton({
          commands: app.commands,
          id: CompletionCommandIDs.ask,
          label: '',
          caption: trans.__('Ask about this in chat')
        })
      );
      const watch = new CompleterWatch(completer, {
        suggestionOf: item => this.provider.suggestionOf(item),
        tell: event => this._client.tell(event),
        accepted: (...accepted) => this._onAccepted(...accepted),
        rejected: () => this.provider.forget(),
        looked: () => this._onLooked(),
        cleared: () => queueMicrotask(() => this._onCleared()),
        later
      });
      this._watches.add(watch);
      completer.disposed.connect(() => {
        this._watches.delete(watch);
        watch.dispose();
      });
      return completer;
    };
  }

  /** Where one writes, in the widget that is shown. */
  private get _writing(): IWriting | null {
    return writingIn(this._options.app.shell.currentWidget, this._options.languages);
  }

  private get _shown(): CompleterWatch | null {
    const uuid = this._writing?.editor.uuid;
    const isThere = (watch: CompleterWatch) =>
      watch.completer.editor?.uuid === uuid && watch.shown !== null;
    return [...this._watches].find(isThere) ?? null;
  }

  /** What is shown, or was shown or accepted last, where one writes. */
  private get _subject(): string | null {
    const editor = this._writing?.editor;
    return this._shown?.shown?.suggestion.lines ?? (editor ? this._subjects.of(editor) : null);
  }

  private get _languageTitle(): string | null {
    const { languages, trans } = this._options;
    const language = this._writing?.language;
    return language === undefined ? null : languageTitle(language, languages, trans);
  }

  private get _told(): ITold {
    const { _client: client, _preferences: preferences } = this;
    const language = this._writing?.language ?? null;
    return tellState(
      {
        status: client.status,
        isLost: client.isLost,
        problem: client.problem,
        isEnabled: preferences.isEnabled,
        language: this._languageTitle,
        isLanguageOn: language !== null && preferences.isOn(language)
      },
      this._options.trans
    );
  }

  private _showTold(): void {
    const { text, detail, kind } = this._told;
    const isWell = kind === 'on' || kind === 'off';
    Notification.emit(`${text}: ${detail}`, isWell ? 'info' : 'warning', { autoClose: SHOWN });
  }

  private _update(): void {
    this._language = this._writing?.language;
    if (this.isWriting && this._preferences.isEnabled) {
      this._client.open();
    }
    this.statusItem.tell(this._told);
    this._changed.emit();
  }

  /** JupyterLab shows nothing: one may be in another cell, or in the next line of what was suggested. */
  private _onCleared(): void {
    const { app, manager } = this._options;
    const widget = app.shell.currentWidget;
    const { _writing: writing } = this;
    if (writing !== null) {
      this.provider.attend(writing);
    }
    if (writing?.language !== this._language) {
      this._update();
    }
    this.provider.goOn(widget, () => manager.inline?.invoke(widget!.id));
  }

  private _onLooked(): void {
    const { _shown: watch } = this;
    const isShown = watch !== null;
    if (isShown) {
      this._subjects.show(watch.completer.editor!, watch.shown!.suggestion);
    }
    if (isShown !== this._wasShown) {
      this._wasShown = isShown;
      this._options.app.commands.notifyCommandChanged(CompletionCommandIDs.ask);
    }
  }

  private _onAccepted(
    suggestion: Suggestion,
    text: string,
    editor: CodeEditor.IEditor,
    start: number
  ): void {
    this._subjects.accept(editor, suggestion);
    const settled = (edit_distance: number) =>
      this._client.tell({ event: 'edited', item: suggestion.id, edit_distance });
    if (suggestion.id) {
      new Accepted({ text, start, editor, settled, later });
    }
  }

  private _createMenu(): Menu {
    const { commands } = this._options.app;
    const { told, toggle, toggleLanguage, model, ask, settings } = CompletionCommandIDs;
    const menu = new MenuSvg({ commands });
    menu.addClass('jp-ai-completions-menu');
    menu.node.setAttribute('aria-label', this._options.trans.__('Completions'));
    menu.addItem({ command: told });
    menu.addItem({ type: 'separator' });
    for (const command of [toggle, toggleLanguage, model, ask, settings]) {
      menu.addItem({ command });
    }
    return menu;
  }

  private async _ask(): Promise<void> {
    const subject = this._subject;
    if (subject !== null) {
      await askAbout(this._options.app.commands, subject, this._writing?.path);
    }
  }

  private async _changeModel(): Promise<void> {
    try {
      const models = await this._api.request<Models>('completion/models');
      const { app, trans } = this._options;
      const lines = linesOf(models, this._client.status, trans);
      const take = (line: ILine) => void this._take(line);
      pickModel(lines, trans, take, () => app.shell.currentWidget?.activate());
    } catch (error) {
      told(error);
    }
  }

  private async _take({ id, leadsTo }: ILine): Promise<void> {
    try {
      if (leadsTo === 'settings') {
        await this._options.app.commands.execute(CommandIDs.settings);
        return;
      }
      await this._api.request('completion/model', 'POST', { id });
    } catch (error) {
      told(error);
    }
  }

  private readonly _api: Api;
  private readonly _client: CompletionClient;
  private readonly _preferences: Preferences;
  private readonly _watches = new Set<CompleterWatch>();
  private readonly _subjects = new Subjects(() => performance.now());
  private _wasShown = false;
  /** What is told is told of it. */
  private _language: string | undefined;
  private _changed = new Signal<this, void>(this);
}

function connect({ wsUrl, WebSocket, appendToken, token }: ServerConnection.ISettings): WebSocket {
  const query = appendToken && token ? { status: '1', token } : { status: '1' };
  return new WebSocket(
    URLExt.join(wsUrl, 'api/ai/completion/inline') + URLExt.objectToQueryString(query)
  );
}

function later(milliseconds: number, callback: () => void): () => void {
  const timer = window.setTimeout(callback, milliseconds);
  return () => window.clearTimeout(timer);
}

/** A refusal of what a person asked for. */
function told(error: unknown): void {
  Notification.error(error instanceof ApiError ? error.message : String(error), {
    autoClose: false
  });
}

/** The commands of completions, for the palette, menus, shortcuts and other extensions. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';

import { chatIcon } from '../panel/icons';
import { Preferences } from './preferences';
import type { CompleterWatch } from './watch';

export const CompletionCommandIDs = {
  accept: 'jupyter-ai-ui:accept-word-of-completion',
  ask: 'jupyter-ai-ui:ask-about-completion',
  model: 'jupyter-ai-ui:change-completions-model',
  reject: 'jupyter-ai-ui:reject-completion',
  settings: 'jupyter-ai-ui:completions-settings',
  show: 'jupyter-ai-ui:show-completions-status',
  toggle: 'jupyter-ai-ui:toggle-completions',
  toggleLanguage: 'jupyter-ai-ui:toggle-completions-of-language',
  told: 'jupyter-ai-ui:completions-status'
} as const;

const OPEN_SETTINGS = 'settingeditor:open';

export interface ICommandsOptions {
  readonly preferences: Preferences;
  readonly trans: TranslationBundle;
  /** The completer that shows a suggestion of ours. */
  shown(): CompleterWatch | null;
  /** The suggestion that is shown, or was shown or accepted last, where one writes. */
  subject(): string | null;
  ask(): Promise<void>;
  changeModel(): Promise<void>;
  /** What is told of the state. */
  told(): string;
  /** Tell it where there is no status bar. */
  showTold(): void;
  /** Where one writes. */
  language(): string | null;
  /** How people call that. */
  languageTitle(): string | null;
}

export function addCompletionCommands(commands: CommandRegistry, options: ICommandsOptions): void {
  const { preferences, trans } = options;
  commands.addCommand(CompletionCommandIDs.accept, {
    label: trans.__('Accept the Next Word of the Completion'),
    describedBy: { args: null },
    isEnabled: () => options.shown() !== null,
    execute: () => options.shown()?.acceptWord()
  });
  commands.addCommand(CompletionCommandIDs.reject, {
    label: trans.__('Reject the Completion'),
    describedBy: { args: null },
    isEnabled: () => options.shown() !== null,
    execute: () => options.shown()?.reject()
  });
  commands.addCommand(CompletionCommandIDs.ask, {
    label: trans.__('Ask about This Completion in the Chat'),
    caption: trans.__('Ask about this in chat'),
    icon: chatIcon,
    describedBy: { args: null },
    isEnabled: () => options.subject() !== null,
    isVisible: () => options.subject() !== null,
    execute: () => options.ask()
  });
  commands.addCommand(CompletionCommandIDs.model, {
    label: trans.__('Change Completions Model…'),
    caption: trans.__('Choose which model completes code'),
    describedBy: { args: null },
    execute: () => options.changeModel()
  });
  addSettingsCommands(commands, options, preferences);
}

function addSettingsCommands(
  commands: CommandRegistry,
  { trans, told, showTold, language, languageTitle }: ICommandsOptions,
  preferences: Preferences
): void {
  commands.addCommand(CompletionCommandIDs.told, {
    label: told,
    describedBy: { args: null },
    isEnabled: () => false,
    execute: () => undefined
  });
  commands.addCommand(CompletionCommandIDs.show, {
    label: trans.__('Show What Completes Code'),
    describedBy: { args: null },
    execute: showTold
  });
  commands.addCommand(CompletionCommandIDs.toggle, {
    label: trans.__('Complete Code'),
    describedBy: { args: null },
    isToggleable: true,
    isToggled: () => preferences.isEnabled,
    isEnabled: () => preferences.isChangeable,
    execute: () => preferences.toggleAll()
  });
  commands.addCommand(CompletionCommandIDs.toggleLanguage, {
    label: () => trans.__('Complete Code in %1', languageTitle() ?? trans.__('This Language')),
    describedBy: { args: null },
    isToggleable: true,
    isToggled: () => preferences.isOn(language() ?? ''),
    isEnabled: () => preferences.isChangeable && preferences.isEnabled && language() !== null,
    execute: () => preferences.toggle(language()!)
  });
  commands.addCommand(CompletionCommandIDs.settings, {
    label: trans.__('Completion Settings'),
    describedBy: { args: null },
    isVisible: () => commands.hasCommand(OPEN_SETTINGS),
    execute: () => commands.execute(OPEN_SETTINGS, { query: 'Inline Completer' })
  });
}

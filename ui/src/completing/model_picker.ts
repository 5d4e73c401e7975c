/** Choosing the model that completes: a list as JupyterLab's command palette is, which one searches by typing. */

import { ModalCommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { CommandPalette } from '@lumino/widgets';

import type { ILine } from './model_lines';

const CHOOSE = 'choose';
const CLASS = 'jp-ai-models';

/** Goes for good when it is closed, and gives the focus back unless something else took it. */
class Picker extends ModalCommandPalette {
  constructor(
    palette: CommandPalette,
    private readonly _fallBack: () => void
  ) {
    super({ commandPalette: palette });
  }

  protected override onBeforeHide(msg: Message): void {
    super.onBeforeHide(msg);
    const hadFocus = this.node.contains(document.activeElement);
    // The palette is still at work.
    queueMicrotask(() => {
      this.dispose();
      if (hadFocus && document.activeElement === document.body) {
        this._restore();
      }
    });
  }

  private _restore(): void {
    const { _last: last } = this;
    if (last?.isConnected && last !== document.body) {
      last.focus();
    } else {
      this._fallBack();
    }
  }

  private readonly _last = document.activeElement as HTMLElement | null;
}

/** Show these lines; `choose` is called with the one that is taken, `fallBack` where what had the focus is gone. */
export function pickModel(
  lines: readonly ILine[],
  trans: TranslationBundle,
  choose: (line: ILine) => void,
  fallBack: () => void
): void {
  const commands = new CommandRegistry();
  const palette = new CommandPalette({ commands });
  const picker = new Picker(palette, fallBack);
  commands.addCommand(CHOOSE, {
    label: args => {
      const { label, isChosen } = args as unknown as ILine;
      return isChosen ? trans.__('%1 (chosen)', label) : label;
    },
    caption: args => (args as unknown as ILine).detail,
    icon: args => ((args as unknown as ILine).isChosen ? checkIcon : undefined),
    isEnabled: args => (args as unknown as ILine).leadsTo !== 'nothing',
    describedBy: { args: null },
    execute: args => choose(args as unknown as ILine)
  });
  palette.addClass(CLASS);
  palette.inputNode.placeholder = trans.__('Search for a model');
  palette.inputNode.setAttribute('aria-label', trans.__('Search for a model'));
  // One category, which is not shown: otherwise these would be sorted, not the lines.
  const category = trans.__('Completion model');
  for (const [rank, line] of lines.entries()) {
    palette.addItem({ command: CHOOSE, args: { ...line }, category, rank });
  }
  picker.attach();
  picker.activate();
}

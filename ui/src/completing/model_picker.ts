/** Choosing the model that completes: a list as JupyterLab's command palette is, which one searches by typing. */

import { ModalCommandPalette } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { CommandPalette } from '@lumino/widgets';

import { ILine, linesOf } from './model_lines';
import type { Models } from './wire';

const CHOOSE = 'choose';
const CLASS = 'jp-ai-models';

/** Show the models; `choose` is called with the id of the one that is taken. */
export function pickModel(
  models: Models,
  trans: TranslationBundle,
  choose: (id: string) => void
): void {
  const commands = new CommandRegistry();
  const palette = new CommandPalette({ commands });
  const picker = new ModalCommandPalette({ commandPalette: palette });
  commands.addCommand(CHOOSE, {
    label: args => (args as unknown as ILine).label,
    caption: args => (args as unknown as ILine).detail,
    icon: args => ((args as unknown as ILine).isChosen ? checkIcon : undefined),
    describedBy: { args: null },
    execute: args => choose((args as unknown as ILine).id)
  });
  palette.addClass(CLASS);
  palette.inputNode.placeholder = trans.__('Search for a model');
  palette.inputNode.setAttribute('aria-label', trans.__('Search for a model'));
  // One category, which is not shown: otherwise these would be sorted, not the lines.
  const category = trans.__('Completion model');
  for (const [rank, line] of linesOf(models, trans).entries()) {
    palette.addItem({ command: CHOOSE, args: { ...line }, category, rank });
  }
  picker.attach();
  picker.activate();
}

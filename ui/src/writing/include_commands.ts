/** Commands that include something in the next prompt, and the menu of them. */

import { INotebookTracker } from '@jupyterlab/notebook';
import { TranslationBundle } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Menu } from '@lumino/widgets';
import { IChat, IToolbarItem } from 'jupyter-ai-tokens';

import { IPlace, places } from './places';
import { activeCell, ISource, SelectedText } from './sources';

export const INCLUDE_SELECTION = 'jupyter-ai-ui:include-selection';
export const INCLUDE_CELL = 'jupyter-ai-ui:include-cell';
export const INCLUDE_ERROR = 'jupyter-ai-ui:include-error';
const OPEN = 'jupyter-ai-ui:open';

const includeIcon = new LabIcon({
  name: 'jupyter-ai-ui:include',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
    '<path class="jp-icon3" fill="#616161" d="M4 4h16v2H4zm0 14h9v2H4zm0-7h11v2H4zm15 2h-2v3h-3v2h3v3h2v-3h3v-2h-3z"/>' +
    '</svg>'
});

interface IKind {
  readonly id: string;
  readonly label: string;
  /** Its label in the menu of a cell. */
  readonly cellLabel: string;
  isThere(place: IPlace | undefined): boolean;
  /** What it is now, before anything is opened. */
  find(): ISource | null;
  /** What it is where it is wanted, if it is not known before. */
  findAt(place: IPlace): ISource | null;
}

/** Add the commands; with the argument `chat` they are for that chat, else the panel is opened. */
export function addIncludeCommands(
  commands: CommandRegistry,
  tracker: INotebookTracker | null,
  trans: TranslationBundle
): void {
  for (const kind of kinds(tracker, trans)) {
    commands.addCommand(kind.id, {
      label: args => (args.ofCell ? kind.cellLabel : kind.label),
      isEnabled: args => kind.isThere(placeOf(args)),
      isVisible: args => !args.ofCell || kind.isThere(placeOf(args)),
      describedBy: {
        args: {
          type: 'object',
          properties: { chat: { type: 'string' }, ofCell: { type: 'boolean' } }
        }
      },
      execute: async args => {
        const source = kind.find();
        const place = placeOf(args) ?? (await openPanel(commands));
        place?.inclusion.include(source ?? kind.findAt(place));
        place?.session.focus();
      }
    });
  }
}

/** The button of the input that opens the menu. */
export function includeItem(commands: CommandRegistry, trans: TranslationBundle): IToolbarItem {
  return {
    id: 'include',
    rank: 80,
    place: 'input',
    label: trans.__('Include a cell or selected text'),
    icon: includeIcon,
    execute: ({ chat }) => openMenu(commands, chat, trans)
  };
}

function kinds(tracker: INotebookTracker | null, trans: TranslationBundle): IKind[] {
  const isThere = (withError: boolean) => {
    const cell = activeCell(tracker, withError);
    cell?.dispose();
    return cell !== null;
  };
  return [
    {
      id: INCLUDE_SELECTION,
      label: trans.__('Include the Selected Text'),
      cellLabel: trans.__('Ask the Chat about the Selected Text'),
      isThere: place => Boolean((place ?? places.last)?.services.selectionWatcher?.selection),
      find: () => null,
      findAt: ({ services }) =>
        services.selectionWatcher && new SelectedText(services.selectionWatcher)
    },
    {
      id: INCLUDE_CELL,
      label: trans.__('Include the Active Cell'),
      cellLabel: trans.__('Ask the Chat about This Cell'),
      isThere: () => isThere(false),
      find: () => activeCell(tracker, false),
      findAt: () => null
    },
    {
      id: INCLUDE_ERROR,
      label: trans.__('Include the Active Cell and Its Error'),
      cellLabel: trans.__('Fix the Error in the Chat'),
      isThere: () => isThere(true),
      find: () => activeCell(tracker, true),
      findAt: () => null
    }
  ];
}

function placeOf(args: ReadonlyPartialJSONObject): IPlace | undefined {
  return typeof args.chat === 'string' ? places.of(args.chat) : undefined;
}

async function openPanel(commands: CommandRegistry): Promise<IPlace | undefined> {
  if (!commands.hasCommand(OPEN)) {
    return places.last;
  }
  await commands.execute(OPEN);
  return places.inPanel();
}

function openMenu(commands: CommandRegistry, chat: IChat, trans: TranslationBundle): void {
  const node = places.of(chat.id)?.node?.querySelector('[data-item="include"]');
  const menu = new Menu({ commands });
  menu.contentNode.setAttribute('aria-label', trans.__('Include a cell or selected text'));
  for (const command of [INCLUDE_SELECTION, INCLUDE_CELL, INCLUDE_ERROR]) {
    menu.addItem({ command, args: { chat: chat.id } });
  }
  menu.aboutToClose.connect(() => chat.focus());
  const { left, top } = node?.getBoundingClientRect() ?? { left: 0, top: 0 };
  menu.open(left, top);
  menu.activateNextItem();
}

/** The buttons below a code block: copy it, or put it into the notebook. */

import { IActiveCellManager, ISelectionWatcher } from '@jupyter/chat';
import { TranslationBundle } from '@jupyterlab/translation';
import {
  addAboveIcon,
  addBelowIcon,
  checkIcon,
  copyIcon,
  editIcon,
  LabIcon
} from '@jupyterlab/ui-components';

const COPIED = 1500; // ms that the button tells it

export interface ICodeActions {
  readonly trans: TranslationBundle;
  readonly activeCellManager: IActiveCellManager | null;
  readonly selectionWatcher: ISelectionWatcher | null;
}

/** A toolbar for each code block in `node`. */
export function addCodeToolbars(node: HTMLElement, actions: ICodeActions): void {
  for (const pre of node.querySelectorAll('pre')) {
    pre.after(toolbar(pre.textContent?.replace(/\n$/, '') ?? '', actions));
    // It scrolls sideways, so it must be reachable by keyboard.
    pre.tabIndex = 0;
  }
}

function toolbar(
  code: string,
  { trans, activeCellManager, selectionWatcher }: ICodeActions
): HTMLElement {
  const node = document.createElement('div');
  node.className = 'jp-ai-code-toolbar';
  node.setAttribute('role', 'group');
  node.setAttribute('aria-label', trans.__('Code'));
  node.append(copyButton(code, trans));
  if (activeCellManager !== null) {
    node.append(
      button(addAboveIcon, trans.__('Insert above the active cell'), () =>
        activeCellManager.insertAbove(code)
      ),
      button(addBelowIcon, trans.__('Insert below the active cell'), () =>
        activeCellManager.insertBelow(code)
      ),
      button(editIcon, trans.__('Replace the selection or the active cell'), () => {
        const selection = selectionWatcher?.selection;
        if (selection) {
          void selectionWatcher.replaceSelection({ ...selection, text: code });
        } else {
          void activeCellManager.replace(code);
        }
      })
    );
  }
  return node;
}

function copyButton(code: string, trans: TranslationBundle): HTMLElement {
  const label = trans.__('Copy the code');
  const copy = button(copyIcon, label, () => {
    void navigator.clipboard.writeText(code).then(() => {
      show(copy, checkIcon, trans.__('Copied'));
      window.setTimeout(() => show(copy, copyIcon, label), COPIED);
    }, console.error);
  });
  // There is no clipboard on a page that came over plain HTTP from elsewhere.
  copy.disabled = navigator.clipboard === undefined;
  return copy;
}

function button(icon: LabIcon, label: string, execute: () => void): HTMLButtonElement {
  const node = document.createElement('button');
  node.type = 'button';
  node.className = 'jp-ai-icon-button';
  show(node, icon, label);
  node.addEventListener('click', execute);
  return node;
}

function show(node: HTMLButtonElement, icon: LabIcon, label: string): void {
  node.title = label;
  node.setAttribute('aria-label', label);
  node.replaceChildren(icon.element({ tag: 'span' }));
}

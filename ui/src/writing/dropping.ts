/** What is dropped on a chat: all that is selected in the file browser, and files of the desktop, which stay there. */

import type { Drag } from '@lumino/dragdrop';

/** Of what the desktop drags. Who lets them be leaves the page, which shows the file instead. */
export const DESKTOP_EVENTS = ['dragover', 'drop'] as const;

const INPUT = '.jp-chat-input-container';
const HOVERED = 'jp-chat-drag-hover'; // while something is dragged over it
const PATHS = 'application/x-jupyter-icontents'; // in the file browser, of all that is selected

export interface IDropsOptions {
  attach(paths: readonly string[]): void;
  /** Tell that files of the desktop cannot be attached. */
  refuse(): void;
}

export class Drops {
  constructor(private readonly _options: IDropsOptions) {}

  /** Whether the event is dealt with; else it is for `@jupyter/chat`, which takes cells and tabs, and of many files one. */
  take(event: Event): boolean {
    switch (event.type) {
      case 'lm-drop':
        return this._takePaths(event as Drag.Event);
      case 'dragover':
      case 'drop':
        return this._takeFiles(event as DragEvent);
      default:
        return false;
    }
  }

  private _takePaths(event: Drag.Event): boolean {
    const input = (event.target as Element).closest(INPUT);
    if (input === null || !event.mimeData.hasData(PATHS)) {
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    event.dropAction = event.proposedAction;
    input.classList.remove(HOVERED);
    this._options.attach(event.mimeData.getData(PATHS) as string[]);
    return true;
  }

  private _takeFiles(event: DragEvent): boolean {
    if (!event.dataTransfer?.types.includes('Files')) {
      return false;
    }
    event.preventDefault();
    if (event.type === 'drop') {
      this._options.refuse();
    }
    return true;
  }
}

/** Escape in consoles: JupyterLab takes it there before it looks at shortcuts. */

import type { CommandRegistry } from '@lumino/commands';

/** Have shortcuts looked at first where a suggestion is shown. */
export function putShortcutsFirst(commands: CommandRegistry, isShown: () => boolean): void {
  const onKey = (event: KeyboardEvent) => {
    const { key, target } = event;
    const isInConsole =
      key === 'Escape' && target instanceof Element && target.closest('.jp-CodeConsole') !== null;
    if (isInConsole && isShown()) {
      commands.processKeydownEvent(event);
    }
  };
  window.addEventListener('keydown', onKey, true);
}

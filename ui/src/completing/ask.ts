/** Brings a suggestion into the chat, as what the next prompt is about. */

import { PathExt } from '@jupyterlab/coreutils';
import { CommandRegistry } from '@lumino/commands';
import { ISignal, Signal } from '@lumino/signaling';
import type { Selection } from 'jupyter-ai-tokens';

import { CommandIDs } from '../panel/commands';
import { places } from '../writing/places';
import type { ISource } from '../writing/sources';

/** A text that stays as it is. */
class SuggestedText implements ISource {
  constructor(source: string, path: string | undefined) {
    this.selection = { type: 'text', source };
    this.file = path === undefined ? null : PathExt.basename(path);
  }

  readonly kind = 'selection';
  readonly isGone = false;
  readonly selection: Selection;
  readonly file: string | null;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

/** Open the chat with a text above its input, and the cursor there. */
export async function askAbout(
  commands: CommandRegistry,
  text: string,
  path?: string
): Promise<void> {
  await commands.execute(CommandIDs.open);
  const { inclusion, session } = await places.inPanel();
  inclusion.include(new SuggestedText(text, path));
  session.focus();
}

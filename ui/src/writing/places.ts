/** Where one may write now, for commands that are given elsewhere. */

import { PromiseDelegate } from '@lumino/coreutils';

import { IChatServices } from '../chat/services';
import { ChatSession } from '../chat/session';
import { Inclusion } from './inclusion';

const PANEL = '#jupyter-ai-panel';

/** The input of a view. */
export interface IPlace {
  readonly session: ChatSession;
  readonly services: IChatServices;
  readonly inclusion: Inclusion;
  readonly node: HTMLElement | null;
}

class Places {
  /** A place is there, or somebody has begun to write in it. */
  enter(place: IPlace): void {
    this._places = [...this._places.filter(other => other !== place), place];
    this._entered.resolve();
    this._entered = new PromiseDelegate();
  }

  leave(place: IPlace): void {
    this._places = this._places.filter(other => other !== place);
  }

  /** Where somebody wrote last. */
  get last(): IPlace | undefined {
    return this._places.at(-1);
  }

  /** Where one writes to a chat. */
  of(chatId: string): IPlace | undefined {
    return this._places.findLast(place => place.session.id === chatId);
  }

  /** The place in the panel of the sidebar, once it is there. */
  async inPanel(): Promise<IPlace> {
    for (;;) {
      const found = this._places.findLast(place => place.node?.closest(PANEL));
      if (found !== undefined) {
        return found;
      }
      await this._entered.promise;
    }
  }

  private _places: readonly IPlace[] = [];
  private _entered = new PromiseDelegate<void>();
}

export const places = new Places();

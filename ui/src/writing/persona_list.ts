/** Who can be addressed in a chat, as the server tells; all its views in a page share one list. */

import { ISignal, Signal } from '@lumino/signaling';

import { Api, PersonaDescription } from '../wire/api';

export type IPersonaSource = Pick<Api, 'personas'>;

export class PersonaList {
  /** The one of a server's chat. */
  static of(source: IPersonaSource, chatId: string): PersonaList {
    const lists = PersonaList._known.get(source) ?? new Map<string, PersonaList>();
    PersonaList._known.set(source, lists);
    const list = lists.get(chatId) ?? new PersonaList(source, chatId);
    lists.set(chatId, list);
    return list;
  }

  constructor(source: IPersonaSource, chatId: string) {
    this._source = source;
    this._chatId = chatId;
  }

  /** As it was read last; none before. */
  get items(): readonly PersonaDescription[] {
    return this._items;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  find(name: string): PersonaDescription | undefined {
    return this._items.find(persona => persona.name === name);
  }

  /** Read it; one that cannot be read leaves the old one. */
  read(): Promise<void> {
    this._reading ??= this._read().finally(() => {
      this._reading = null;
    });
    return this._reading;
  }

  private async _read(): Promise<void> {
    try {
      this._items = await this._source.personas(this._chatId);
    } catch (error) {
      console.warn('The personas of the chat could not be read:', error);
      return;
    }
    this._changed.emit();
  }

  private static readonly _known = new WeakMap<IPersonaSource, Map<string, PersonaList>>();
  private readonly _source: IPersonaSource;
  private readonly _chatId: string;
  private _items: readonly PersonaDescription[] = [];
  private _reading: Promise<void> | null = null;
  private readonly _changed = new Signal<this, void>(this);
}

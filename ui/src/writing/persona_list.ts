/** Who can be addressed, as the server tells; all views of a page share one list. */

import { ISignal, Signal } from '@lumino/signaling';

import { Api, PersonaDescription } from '../wire/api';

export type IPersonaSource = Pick<Api, 'personas'>;

export class PersonaList {
  /** The one of a server. */
  static of(source: IPersonaSource): PersonaList {
    let list = PersonaList._known.get(source);
    if (list === undefined) {
      list = new PersonaList(source);
      PersonaList._known.set(source, list);
    }
    return list;
  }

  constructor(source: IPersonaSource) {
    this._source = source;
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
      this._items = await this._source.personas();
    } catch (error) {
      console.warn('The personas of the chat could not be read:', error);
      return;
    }
    this._changed.emit();
  }

  private static readonly _known = new WeakMap<IPersonaSource, PersonaList>();
  private readonly _source: IPersonaSource;
  private _items: readonly PersonaDescription[] = [];
  private _reading: Promise<void> | null = null;
  private readonly _changed = new Signal<this, void>(this);
}

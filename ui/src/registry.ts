/** Things with an id that others may add, replace and switch off. */

import { DisposableDelegate, IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { IRegistered, IRegistry } from 'jupyter-ai-tokens';

const RANK = 100;

export class Registry<T extends IRegistered> implements IRegistry<T> {
  add(item: T): IDisposable {
    const entry = { item }; // the same item may be added twice
    this._added.push(entry);
    this._update();
    return new DisposableDelegate(() => {
      this._added = this._added.filter(other => other !== entry);
      this._update();
    });
  }

  /** Add what is the chat's own: whatever another extension puts in its place stays there, added before or after. */
  addBuiltIn(item: T): void {
    this._added.unshift({ item });
    this._update();
  }

  disable(id: string): IDisposable {
    const mark = { id };
    this._disabled.add(mark);
    this._update();
    return new DisposableDelegate(() => {
      this._disabled.delete(mark);
      this._update();
    });
  }

  get items(): readonly T[] {
    return this._items;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  private _update(): void {
    const disabled = new Set([...this._disabled].map(mark => mark.id));
    const newest = new Map(this._added.map(({ item }) => [item.id, item]));
    this._items = [...newest.values()]
      .filter(item => !disabled.has(item.id))
      .sort((a, b) => (a.rank ?? RANK) - (b.rank ?? RANK));
    this._changed.emit();
  }

  private _added: { item: T }[] = [];
  private _disabled = new Set<{ id: string }>();
  private _items: readonly T[] = [];
  private _changed = new Signal<this, void>(this);
}

/** `Registry.addBuiltIn`, where the registry is known by its token. */
export function addBuiltIn<T extends IRegistered>(registry: IRegistry<T>, item: T): void {
  (registry as Registry<T>).addBuiltIn(item);
}

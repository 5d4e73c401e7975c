/**
 * Keeps a scrolled element at its end while it grows, unless the reader has scrolled up; at its beginning as long as
 * nothing was asked, so that a greeting is read from there.
 */

import { ISignal, Signal } from '@lumino/signaling';

const NEAR = 40; // pixels from the end that still count as being there
const ACTS = ['wheel', 'touchmove', 'pointerdown', 'keydown']; // without which nobody scrolls

export class Follower {
  /** `isUnasked` says whether nothing was asked yet. */
  constructor(element: HTMLElement, isUnasked: () => boolean) {
    this._element = element;
    this._isUnasked = isUnasked;
    this._top = element.scrollTop;
    element.addEventListener('scroll', this._onScroll);
    ACTS.forEach(act =>
      window.addEventListener(act, this._onAct, { capture: true, passive: true })
    );
    this._observer = new ResizeObserver(() => this._follow());
    this._observer.observe(element);
    for (const child of element.children) {
      this._observer.observe(child);
    }
    this._follow();
  }

  /** Whether the end is kept in view. */
  get isPinned(): boolean {
    return this._isPinned;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Go to the end and stay there. */
  pin(): void {
    this._held = null;
    this._setPinned(true);
    this._follow();
  }

  /** Until the reader scrolls, `node` stays where it is on the screen, whatever comes above it. */
  hold(node: HTMLElement): void {
    this._held = { node, top: node.getBoundingClientRect().top };
  }

  dispose(): void {
    this._observer.disconnect();
    this._unlisten();
    this._element.removeEventListener('scroll', this._onScroll);
    Signal.clearData(this);
  }

  private _follow(): void {
    if (this._held?.node.isConnected) {
      const { node, top } = this._held;
      this._element.scrollTop += node.getBoundingClientRect().top - top;
      this._top = this._element.scrollTop;
    } else if (this._isAtStart()) {
      this._element.scrollTop = 0;
      this._top = 0;
    } else if (this._isPinned) {
      this._element.scrollTop = this._element.scrollHeight;
      this._top = this._element.scrollTop;
      this._room = this._element.clientHeight;
    }
  }

  private _onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this._element;
    // Growth alone leads away from the end too, and what shrinks leads up, as more room does (the input has fewer lines):
    // only who goes up does not want to be there.
    const isMoved = scrollHeight < this._height || clientHeight > this._room;
    const isUp = scrollTop < this._top - 1 && !isMoved;
    this._height = scrollHeight;
    this._room = clientHeight;
    if (Math.abs(scrollTop - this._top) > 1) {
      this._held = null;
    }
    this._top = scrollTop;
    this._isMoved ||= this._isTouched && scrollTop > 1;
    if (this._isAtStart()) {
      this._follow();
    } else if (scrollHeight - scrollTop - clientHeight < NEAR) {
      this._setPinned(true);
    } else if (isUp && this._isTouched) {
      this._setPinned(false);
    } else {
      this._follow(); // the component goes to where its last message ends, once it is drawn
    }
  };

  private _isAtStart(): boolean {
    return !this._isMoved && this._isUnasked();
  }

  private _onAct = (): void => {
    this._isTouched = true;
    this._unlisten();
  };

  private _unlisten(): void {
    ACTS.forEach(act => window.removeEventListener(act, this._onAct, { capture: true }));
  }

  private _setPinned(isPinned: boolean): void {
    if (isPinned !== this._isPinned) {
      this._isPinned = isPinned;
      this._changed.emit();
    }
  }

  private readonly _element: HTMLElement;
  private readonly _isUnasked: () => boolean;
  private readonly _observer: ResizeObserver;
  private _top: number;
  private _height = 0;
  private _room = 0;
  private _isPinned = true;
  /** Whether a person did anything since this is here. */
  private _isTouched = false;
  /** Whether they have left the beginning. */
  private _isMoved = false;
  private _held: { node: HTMLElement; top: number } | null = null;
  private _changed = new Signal<this, void>(this);
}
